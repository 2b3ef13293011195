-- The queue marts, day by day and half hour by half hour, and the KPI values of scope queue count the same calls and seconds. A queue that handled no leg has
-- no handle time to publish: there alone a missing KPI stands for 0.
{%- set shared = {
    'offered_calls': ('offered_calls', 'numerator'),
    'answered_calls': ('answered_calls', 'numerator'),
    'abandoned_calls': ('abandoned_calls', 'numerator'),
    'answered_within_target_calls': ('service_level', 'numerator'),
    'answered_wait_seconds': ('average_speed_of_answer', 'numerator'),
    'answered_calls_with_known_wait': ('average_speed_of_answer', 'denominator'),
    'handled_inbound_calls': ('average_handle_time', 'denominator'),
    'handle_seconds': ('average_handle_time', 'numerator'),
} %}
with days as (
    {%- for measure in shared %}
    select
        queue_id,
        call_date,
        '{{ measure }}' as measure,
        {{ measure }} as day_total
    from {{ ref('queue_daily') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

intervals as (
    {%- for measure in shared %}
    select
        queue_id,
        call_date,
        '{{ measure }}' as measure,
        sum({{ measure }}) as interval_total
    from {{ ref('queue_intervals') }}
    group by queue_id, call_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

kpis as (
    {%- for measure, source in shared.items() %}
    select
        scope_id as queue_id,
        period_start as call_date,
        '{{ measure }}' as measure,
        {{ source[1] }} as kpi_total
    from {{ ref('kpi_values') }}
    where
        kpi_id = '{{ source[0] }}'
        and grain = 'day'
        and scope_type = 'queue'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    coalesce(days.queue_id, intervals.queue_id, kpis.queue_id) as queue_id,
    coalesce(days.call_date, intervals.call_date, kpis.call_date) as call_date,
    coalesce(days.measure, intervals.measure, kpis.measure) as measure,
    days.day_total,
    intervals.interval_total,
    kpis.kpi_total
from days
full outer join intervals
    on days.queue_id = intervals.queue_id and days.call_date = intervals.call_date and days.measure = intervals.measure
full outer join kpis
    on
        coalesce(days.queue_id, intervals.queue_id) = kpis.queue_id
        and coalesce(days.call_date, intervals.call_date) = kpis.call_date
        and coalesce(days.measure, intervals.measure) = kpis.measure
where
    -- A day on which a queue only has outbound legs is no day of the marts, and its KPIs say 0.
    (days.queue_id is not null or intervals.queue_id is not null or kpis.kpi_total <> 0)
    and (
        not coalesce(days.day_total = intervals.interval_total, false)
        or not coalesce(
            days.day_total = case
                when coalesce(days.measure, kpis.measure) in ('handled_inbound_calls', 'handle_seconds') then coalesce(kpis.kpi_total, 0)
                else kpis.kpi_total
            end,
            false
        )
    )
