-- The contacts of a day are the distinct interactions whose first counted inbound leg lies on it: from the legs, from the contacts, as a KPI.
with first_legs as (
    select
        legs.interaction_id,
        legs.call_date,
        row_number() over (partition by legs.interaction_id order by legs.started_at asc, legs.call_id asc) as leg_number
    from {{ ref('fct_calls') }} as legs
    cross join {{ ref('int_run') }} as run
    where
        legs.direction = 'inbound'
        and not legs.is_test
        and legs.started_at <= run.as_of
),

interactions as (
    select
        call_date as contact_date,
        count(*) as interactions
    from first_legs
    where leg_number = 1
    group by call_date
),

contacts as (
    select
        contact_date,
        count(*) as contacts
    from {{ ref('fct_contacts') }}
    group by contact_date
),

kpis as (
    select
        period_start as contact_date,
        value as inbound_calls
    from {{ ref('kpi_values') }}
    where
        kpi_id = 'inbound_calls'
        and grain = 'day'
        and scope_type = 'all'
)

select
    coalesce(interactions.contact_date, contacts.contact_date, kpis.contact_date) as contact_date,
    interactions.interactions,
    contacts.contacts,
    kpis.inbound_calls
from interactions
full outer join contacts
    on interactions.contact_date = contacts.contact_date
full outer join kpis
    on coalesce(interactions.contact_date, contacts.contact_date) = kpis.contact_date
where
    not coalesce(interactions.interactions = contacts.contacts, false)
    or not coalesce(interactions.interactions = kpis.inbound_calls, false)
