-- A rate of an agent's month is the KPI value of that month and agent, to the last digit; where one side is missing the other says nothing either.
{%- set rates = [
    'average_handle_time', 'average_talk_time', 'average_hold_time', 'average_wrap_time', 'qa_score', 'script_adherence', 'csat', 'csat_mean',
    'agent_availability', 'occupancy', 'agent_productivity', 'outbound_calls_per_hour',
] %}
with scorecards as (
    {%- for kpi_id in rates %}
    select
        agent_id,
        month_start_date,
        '{{ kpi_id }}' as kpi_id,
        {{ kpi_id }} as mart_value
    from {{ ref('agent_scorecard') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

kpis as (
    select
        scope_id as agent_id,
        period_start as month_start_date,
        kpi_id,
        value as kpi_value
    from {{ ref('kpi_values') }}
    where
        grain = 'month'
        and scope_type = 'agent'
        and kpi_id in ('{{ rates | join("', '") }}')
)

select
    coalesce(scorecards.agent_id, kpis.agent_id) as agent_id,
    coalesce(scorecards.month_start_date, kpis.month_start_date) as month_start_date,
    coalesce(scorecards.kpi_id, kpis.kpi_id) as kpi_id,
    scorecards.mart_value,
    kpis.kpi_value
from scorecards
full outer join kpis
    on
        scorecards.agent_id = kpis.agent_id
        and scorecards.month_start_date = kpis.month_start_date
        and scorecards.kpi_id = kpis.kpi_id
where scorecards.mart_value is distinct from kpis.kpi_value
