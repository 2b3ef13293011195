{{ config(materialized='incremental', meta={'touched': 'contact_days', 'by': ['contact_date']}) }}
-- One row per local day, marketing source and campaign of inbound contacts: where calls come from, and what becomes of them.
-- depends_on: {{ ref('kpi_catalogue') }}
with contacts as (
    select
        contact_date,
        source_channel,
        campaign_id,
        count(*) as inbound_calls,
        count(distinct customer_id) as known_customers,
        count(*) filter (where is_answered) as answered_contacts,
        count(*) filter (where is_abandoned) as abandoned_contacts,
        count(*) filter (where is_abandoned_before_queue) as abandoned_before_queue_contacts,
        count(*) filter (where is_picked_up_within_18_seconds) as picked_up_within_18_seconds_contacts
    from {{ ref('fct_contacts') }}
    where {{ is_touched('contact_days', 'contact_date') | indent(8) }}
    group by contact_date, source_channel, campaign_id
),

named as (
    select
        contacts.*,
        campaigns.campaign_name,
        campaigns.campaign_type
    from contacts
    left join {{ ref('dim_campaigns') }} as campaigns
        on contacts.campaign_id = campaigns.campaign_id
)

select
    cast({{ surrogate_key(['contact_date', 'source_channel', 'campaign_id']) }} as {{ dbt.type_string() }}) as source_day_id,
    cast(contact_date as date) as contact_date,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaign_name as {{ dbt.type_string() }}) as campaign_name,
    cast(campaign_type as {{ dbt.type_string() }}) as campaign_type,
    cast(inbound_calls as bigint) as inbound_calls,
    cast(known_customers as bigint) as known_customers,
    cast(answered_contacts as bigint) as answered_contacts,
    cast(abandoned_contacts as bigint) as abandoned_contacts,
    cast(abandoned_before_queue_contacts as bigint) as abandoned_before_queue_contacts,
    cast(picked_up_within_18_seconds_contacts as bigint) as picked_up_within_18_seconds_contacts,
    {{ kpi_rate('abandonment_rate_received') }} as abandonment_rate_received,
    {{ kpi_rate('ivr_abandonment_rate') }} as ivr_abandonment_rate,
    {{ kpi_rate('answer_rate_18s') }} as answer_rate_18s
from named
