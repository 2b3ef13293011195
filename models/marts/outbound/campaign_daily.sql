-- One row per campaign and local day with at least one outbound attempt.
-- depends_on: {{ ref('kpi_catalogue') }}
with measures as (
    select *
    from {{ ref('outbound_measures') }}
    where scope_type = 'campaign'
),

-- Without raw leads nobody knows which calls made one: unknown, not 0.
availability as (
    select is_available as has_leads
    from {{ ref('data_availability') }}
    where kpi_id = 'lead_generation_rate'
),

joined as (
    select
        measures.*,
        availability.has_leads,
        campaigns.campaign_name,
        campaigns.campaign_type,
        campaigns.objective
    from measures
    left join {{ ref('dim_campaigns') }} as campaigns
        on measures.scope_id = campaigns.campaign_id
    cross join availability
)

select
    cast({{ surrogate_key(['scope_id', 'measure_date']) }} as {{ dbt.type_string() }}) as campaign_day_id,
    cast(scope_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaign_name as {{ dbt.type_string() }}) as campaign_name,
    cast(campaign_type as {{ dbt.type_string() }}) as campaign_type,
    cast(objective as {{ dbt.type_string() }}) as objective,
    cast(measure_date as date) as call_date,
    outbound_calls,
    connected_calls,
    reached_calls,
    contacted_calls,
    argued_calls,
    positive_calls,
    rejected_calls,
    do_not_call_calls,
    converting_calls,
    sold_calls,
    appointment_calls,
    cast(case when has_leads then leads_created_by_calls end as bigint) as leads_created_by_calls,
    unsuccessful_calls,
    agent_abandoned_calls,
    dropped_calls,
    outbound_conversation_seconds,
    reached_conversation_seconds,
    reached_calls_with_known_talk,
    {{ kpi_rate('dialing_efficiency') }} as dialing_efficiency,
    {{ kpi_rate('response_rate') }} as response_rate,
    {{ kpi_rate('contact_rate') }} as contact_rate,
    {{ kpi_rate('argumentation_rate') }} as argumentation_rate,
    {{ kpi_rate('agreement_rate') }} as agreement_rate,
    {{ kpi_rate('rejection_rate') }} as rejection_rate,
    {{ kpi_rate('exploitation_rate_per_call') }} as exploitation_rate_per_call,
    {{ kpi_rate('conversion_rate_per_call') }} as conversion_rate_per_call,
    {{ kpi_rate('sales_transformation_rate') }} as sales_transformation_rate,
    {{ kpi_rate('appointment_rate') }} as appointment_rate,
    cast(case when has_leads then {{ kpi_rate('lead_generation_rate') }} end as double) as lead_generation_rate,
    {{ kpi_rate('dialer_drop_rate') }} as dialer_drop_rate,
    {{ kpi_rate('average_call_duration') }} as average_call_duration,
    {{ kpi_rate('average_connected_call_duration') }} as average_connected_call_duration
from joined
