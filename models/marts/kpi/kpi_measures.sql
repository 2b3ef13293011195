-- One row per grain, period and scope: every measure, summed from the days. Null is a measure that has no rows there; 0 is an observed nothing.
{%- set measures = all_measures() %}
with daily as (
    {%- for model_name in measure_models() %}
    {%- set own = measures_of(model_name) %}
    select
        measure_date,
        scope_type,
        scope_id,
        {%- for measure in measures %}
        {{ measure if measure in own else 'cast(null as bigint) as ' ~ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model_name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

span as (
    select min(measure_date) as first_date
    from daily
),

by_period as (
    {%- for grain in ['day', 'week', 'month', 'quarter', 'year', 'total'] %}
    select
        '{{ grain }}' as grain,
        {%- if grain == 'total' %}
        span.first_date as period_start,
        {%- else %}
        {{ period_start_of(grain, 'daily.measure_date') }} as period_start,
        {%- endif %}
        daily.scope_type,
        daily.scope_id,
        {%- for measure in measures %}
        cast(sum(daily.{{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from daily
    {%- if grain == 'total' %}
    cross join span
    {%- endif %}
    group by grain, period_start, daily.scope_type, daily.scope_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    {%- for measure in measures %}
    {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from by_period
