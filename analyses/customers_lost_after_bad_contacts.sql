-- Do customers leave after contacts that went wrong?
-- Les clients partent-ils après des contacts qui se sont mal passés ?
--
-- One row per kind of contact: how many of its customers left within the 60 days after it. Contacts of the last 60 days are
-- left out, because their customers have had no time to leave.
with ends as (
    select
        customer_id,
        active_to
    from {{ ref('dim_customer_periods') }}
    where active_to is not null
),

contacts as (
    select
        interaction_id,
        customer_id,
        started_at,
        case
            when is_abandoned then 'hung up in the queue'
            when not is_answered then 'not answered'
            when is_escalated then 'escalated'
            when not is_resolved then 'answered, not resolved'
            when is_resolved then 'answered and resolved'
            else 'answered, unknown'
        end as contact
    from {{ ref('fct_contacts') }}
    where
        customer_id is not null
        and started_at < (
            select max(all_contacts.started_at) - interval 60 day from {{ ref('fct_contacts') }} as all_contacts
        )
)

select
    contacts.contact,
    count(distinct contacts.interaction_id) as contacts,
    count(distinct contacts.interaction_id) filter (where ends.customer_id is not null) as followed_by_leaving,
    100.0 * count(distinct contacts.interaction_id) filter (where ends.customer_id is not null)
    / count(distinct contacts.interaction_id) as leaving_rate
from contacts
left join ends
    on
        contacts.customer_id = ends.customer_id
        and contacts.started_at < ends.active_to
        and contacts.started_at + interval 60 day >= ends.active_to
group by contacts.contact
order by leaving_rate desc, contacts.contact asc

-- Conclude: a higher rate than that of the resolved contacts is a reason to call such customers back; it is no proof, since
-- those who are about to leave also call more.
