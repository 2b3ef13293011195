-- One row per month, country, region, segment, age band and gender of the customers who called: who calls, how often, and how it goes for them.
-- depends_on: {{ ref('kpi_catalogue') }}
{%- set traits = ['country', 'region', 'segment', 'age_band', 'gender'] %}
with contacts as (
    select
        {{ period_start_of('month', 'contacts.contact_date') }} as month_start_date,
        {%- for trait in traits %}
        customers.{{ trait }},
        {%- endfor %}
        contacts.customer_id,
        contacts.is_answered,
        contacts.is_abandoned,
        contacts.is_mature,
        contacts.is_not_repeated,
        contacts.is_first_contact,
        contacts.is_resolved_at_first_contact
    from {{ ref('fct_contacts') }} as contacts
    left join {{ ref('dim_customers') }} as customers
        on contacts.customer_id = customers.customer_id
),

counted as (
    select
        month_start_date,
        {%- for trait in traits %}
        {{ trait }},
        {%- endfor %}
        customer_id is not null as is_known_customer,
        count(distinct customer_id) as callers,
        count(*) as inbound_calls,
        count(*) filter (where is_answered) as answered_contacts,
        count(*) filter (where is_abandoned) as abandoned_contacts,
        count(*) filter (where is_mature) as mature_contacts,
        count(*) filter (where is_not_repeated) as not_repeated_contacts,
        count(*) filter (where is_first_contact) as first_contacts,
        count(*) filter (where is_resolved_at_first_contact) as contacts_resolved_at_first
    from contacts
    group by month_start_date, {{ traits | join(', ') }}, customer_id is not null
)

select
    cast({{ surrogate_key(['month_start_date'] + traits + ['is_known_customer']) }} as {{ dbt.type_string() }}) as demographic_month_id,
    cast(month_start_date as date) as month_start_date,
    {%- for trait in traits %}
    cast({{ trait }} as {{ dbt.type_string() }}) as {{ trait }},
    {%- endfor %}
    cast(is_known_customer as boolean) as is_known_customer,
    cast(callers as bigint) as callers,
    cast(inbound_calls as bigint) as inbound_calls,
    cast(answered_contacts as bigint) as answered_contacts,
    cast(abandoned_contacts as bigint) as abandoned_contacts,
    cast(mature_contacts as bigint) as mature_contacts,
    cast(not_repeated_contacts as bigint) as not_repeated_contacts,
    cast(first_contacts as bigint) as first_contacts,
    cast(contacts_resolved_at_first as bigint) as contacts_resolved_at_first,
    {{ kpi_rate('abandonment_rate_received') }} as abandonment_rate_received,
    {{ kpi_rate('first_contact_resolution') }} as first_contact_resolution,
    {{ kpi_rate('first_contact_resolution_no_repeat') }} as first_contact_resolution_no_repeat
from counted
