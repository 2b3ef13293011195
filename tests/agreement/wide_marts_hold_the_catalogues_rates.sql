-- A rate in a wide mart is the KPI value of that day and scope, to the last digit; where one side is missing the other says nothing either.
{%- set marts = {
    'queue': ('queue_daily', 'queue_id', [
        'service_level', 'answer_rate', 'abandonment_rate', 'average_speed_of_answer', 'average_abandon_time', 'average_handle_time',
    ]),
    'agent': ('agent_daily', 'agent_id', [
        'average_handle_time', 'average_talk_time', 'average_wrap_time', 'resolution_rate', 'escalation_rate', 'transfer_rate',
        'outbound_calls_per_hour',
    ]),
    'campaign': ('campaign_daily', 'campaign_id', [
        'dialing_efficiency', 'response_rate', 'contact_rate', 'argumentation_rate', 'agreement_rate', 'rejection_rate', 'exploitation_rate_per_call',
        'conversion_rate_per_call', 'sales_transformation_rate', 'appointment_rate', 'lead_generation_rate', 'dialer_drop_rate',
        'average_call_duration', 'average_connected_call_duration',
    ]),
} %}
with rates as (
    {%- for scope_type, mart in marts.items() %}{% set last_mart = loop.last %}{% for kpi_id in mart[2] %}
    select
        '{{ scope_type }}' as scope_type,
        {{ mart[1] }} as scope_id,
        call_date,
        '{{ kpi_id }}' as kpi_id,
        {{ kpi_id }} as mart_value
    from {{ ref(mart[0]) }}
    {{ 'union all' if not (last_mart and loop.last) }}
    {%- endfor %}{% endfor %}
),

kpis as (
    select
        scope_type,
        scope_id,
        period_start as call_date,
        kpi_id,
        value as kpi_value
    from {{ ref('kpi_values') }}
    where
        grain = 'day'
        and (
            {%- for scope_type, mart in marts.items() %}
            {{ 'or ' if not loop.first }}(
                scope_type = '{{ scope_type }}'
                and kpi_id in (
                    {%- for kpi_id in mart[2] %}
                    '{{ kpi_id }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                )
            )
            {%- endfor %}
        )
)

select
    coalesce(rates.scope_type, kpis.scope_type) as scope_type,
    coalesce(rates.scope_id, kpis.scope_id) as scope_id,
    coalesce(rates.call_date, kpis.call_date) as call_date,
    coalesce(rates.kpi_id, kpis.kpi_id) as kpi_id,
    rates.mart_value,
    kpis.kpi_value
from rates
full outer join kpis
    on
        rates.scope_type = kpis.scope_type
        and rates.scope_id = kpis.scope_id
        and rates.call_date = kpis.call_date
        and rates.kpi_id = kpis.kpi_id
where
    rates.mart_value is distinct from kpis.kpi_value
    or (rates.scope_id is null and kpis.kpi_value is not null)
