-- One row per grain, period and scope: every measure, summed from the days, or counted anew in the period. Null is a measure that has no rows there; 0 is an
-- observed nothing.
{%- set measures = all_measures() %}
{%- set types = measure_types(measures) %}
with daily as (
    {%- for model_name in measure_models() %}
    {%- set own = measures_of(model_name) %}
    select
        measure_date,
        scope_type,
        scope_id,
        {%- for measure in measures %}
        {{ measure if measure in own else 'cast(null as ' ~ types[measure] ~ ') as ' ~ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model_name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Where nothing is known of any day, as when the only day is suppressed, the total begins with the first period there is.
span as (
    select coalesce(min(case when grain = 'day' then first_date end), min(first_date)) as first_date
    from (
        select
            'day' as grain,
            measure_date as first_date
        from daily
        {%- for model_name in period_measure_models() %}
        union all
        select
            grain,
            period_start as first_date
        from {{ ref(model_name) }}
        {%- endfor %}
    ) as periods
),

by_period as (
    {%- for grain in grains() %}
    select
        '{{ grain }}' as grain,
        {{ 'cast(null as date)' if grain == 'total' else period_start_of(grain, 'daily.measure_date') }} as period_start,
        daily.scope_type,
        daily.scope_id,
        {%- for measure in measures %}
        cast(sum(daily.{{ measure }}) as {{ types[measure] }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from daily
    group by period_start, daily.scope_type, daily.scope_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- for model_name in period_measure_models() %}
    {%- set own = measures_of(model_name) %}
    union all
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        {%- for measure in measures %}
        {{ measure if measure in own else 'cast(null as ' ~ types[measure] ~ ') as ' ~ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model_name) }}
    {%- endfor %}
),

final as (
    select
        by_period.grain,
        coalesce(by_period.period_start, span.first_date) as period_start,
        by_period.scope_type,
        by_period.scope_id,
        {%- for measure in measures %}
        max(by_period.{{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_period
    cross join span
    group by by_period.grain, by_period.period_start, by_period.scope_type, by_period.scope_id, span.first_date
)

select
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    {%- for measure in measures %}
    {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from final
