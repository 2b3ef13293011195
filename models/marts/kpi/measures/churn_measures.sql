-- One row per period and scope from its first activation to `as_of`: who was active when the period began, and who of them left in it. An active stretch
-- covers the start of a period when it began before and did not end before; at most one stretch of a customer does, so that counting stretches counts
-- customers.
{%- set measures = measures_of('churn_measures') %}
{%- set scopes = {'all': "'all'", 'segment': 'segment'} %}
with stretches as (
    select
        segment,
        active_from_date,
        active_to_date,
        count(*) as customers
    from {{ ref('dim_customer_periods') }}
    group by segment, active_from_date, active_to_date
),

-- Stretches by the period they begin in, then by the period they end in.
movements as (
    {%- for grain in grains() if grain != 'total' %}
    select
        '{{ grain }}' as grain,
        {{ period_start_of(grain, 'active_from_date') }} as period_start,
        segment,
        customers as began,
        0 as ended,
        0 as left_after_start
    from stretches
    union all
    select
        '{{ grain }}' as grain,
        {{ period_start_of(grain, 'active_to_date') }} as period_start,
        segment,
        0 as began,
        customers as ended,
        case when active_from_date < {{ period_start_of(grain, 'active_to_date') }} then customers else 0 end as left_after_start
    from stretches
    where active_to_date is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

summed as (
    {%- for scope_type, scope_id in scopes.items() %}
    select
        grain,
        period_start,
        '{{ scope_type }}' as scope_type,
        {{ scope_id }} as scope_id,
        sum(began) as began,
        sum(ended) as ended,
        sum(left_after_start) as left_after_start
    from movements
    where {{ scope_id }} is not null
    group by grain, period_start{{ ', ' ~ scope_id if scope_type != 'all' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

first_days as (
    {%- for scope_type, scope_id in scopes.items() %}
    select
        '{{ scope_type }}' as scope_type,
        {{ scope_id }} as scope_id,
        min(active_from_date) as first_date
    from stretches
    where {{ scope_id }} is not null
    {{ 'group by ' ~ scope_id if scope_type != 'all' else 'having count(*) > 0' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

scope_days as (
    select
        first_days.scope_type,
        first_days.scope_id,
        spine.spine_date
    from first_days
    cross join {{ ref('int_run') }} as run
    cross join lateral {{ date_rows('first_days.first_date', 'run.as_of_date') }} as spine
),

spine as (
    {%- for grain in grains() if grain != 'total' %}
    select distinct
        '{{ grain }}' as grain,
        {{ period_start_of(grain, 'spine_date') }} as period_start,
        scope_type,
        scope_id
    from scope_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

by_period as (
    select
        spine.grain,
        spine.period_start,
        spine.scope_type,
        spine.scope_id,
        cast(coalesce(sum(coalesce(summed.began, 0) - coalesce(summed.ended, 0)) over (
            partition by spine.grain, spine.scope_type, spine.scope_id
            order by spine.period_start asc
            rows between unbounded preceding and 1 preceding
        ), 0) as bigint) as customers_active_at_start,
        cast(coalesce(summed.left_after_start, 0) as bigint) as customers_left
    from spine
    left join summed
        on
            spine.grain = summed.grain
            and spine.period_start = summed.period_start
            and spine.scope_type = summed.scope_type
            and spine.scope_id = summed.scope_id
)

select
    {{ period_measure_columns(measures) }}
from by_period
