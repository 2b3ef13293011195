{{ config(materialized='incremental', meta={'touched': 'periods', 'by': ['grain', 'period_start']}) }}
-- One row per grain, period and scope: every measure, summed from the days, or counted anew in the period. Null is a measure that has no rows there; 0 is an
-- observed nothing.
{%- set measures = all_measures() %}
{%- set types = measure_types(measures) %}
{%- set models = measure_models() + period_measure_models() %}
{%- set no_start = "date '0001-01-01'" %}
{#- The models that give a measure: two may give a part each. #}
{%- set givers = {} %}
{%- for model_name in models %}
{%- for measure in measures_of(model_name) %}
{%- do givers.setdefault(measure, []).append(model_name ~ '_by_period.' ~ measure) %}
{%- endfor %}
{%- endfor %}
{%- set period_start %}
        case grains.grain
            when 'day' then daily.measure_date
            {%- for grain in grains() if grain not in ('day', 'total') %}
            when '{{ grain }}' then {{ period_start_of(grain, 'daily.measure_date') }}
            {%- endfor %}
            else {{ no_start }}
        end
{%- endset %}
-- Every day lies in a period of each grain. All days together have no start here, and get one below.
with grains as (
    select grains.grain
    from (
        values
        {%- for grain in grains() %}
        ('{{ grain }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as grains (grain)
),
{% for model_name in measure_models() %}
{{ model_name }}_by_period as (
    select
        grains.grain,
        {{- period_start }} as period_start,
        daily.scope_type,
        daily.scope_id,
        {%- for measure in measures_of(model_name) %}
        cast(sum(daily.{{ measure }}) as {{ types[measure] }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model_name) }} as daily
    cross join grains
    where {{ is_touched('periods', ['grains.grain', period_start]) | indent(4) }}
    group by grains.grain, period_start, daily.scope_type, daily.scope_id
),
{% endfor %}
{%- for model_name in period_measure_models() %}
{{ model_name }}_by_period as (
    select
        grain,
        coalesce(period_start, {{ no_start }}) as period_start,
        scope_type,
        scope_id,
        {%- for measure in measures_of(model_name) %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(model_name) }}
    where {{ is_touched('periods', ['grain', 'coalesce(period_start, ' ~ no_start ~ ')']) | indent(4) }}
),
{% endfor %}
cells as (
    select distinct
        grain,
        period_start,
        scope_type,
        scope_id
    from (
        {%- for model_name in models %}
        select
            grain,
            period_start,
            scope_type,
            scope_id
        from {{ model_name }}_by_period
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as all_cells
),

-- Where nothing is known of any day, as when the only day is suppressed, all days begin with the first period there is.
span as (
    select coalesce(min(case when grain = 'day' then period_start end), min(period_start)) as first_date
    from (
        {%- for model_name in measure_models() %}
        select
            'day' as grain,
            measure_date as period_start
        from {{ ref(model_name) }}
        union all
        {%- endfor %}
        {%- for model_name in period_measure_models() %}
        select
            grain,
            period_start
        from {{ ref(model_name) }}
        union all
        {%- endfor %}
        select
            cast(null as {{ dbt.type_string() }}) as grain,
            cast(null as date) as period_start
    ) as known
    where grain <> 'total'
),

final as (
    select
        cells.grain,
        case when cells.grain = 'total' then span.first_date else cells.period_start end as period_start,
        cells.scope_type,
        cells.scope_id,
        {%- for measure in measures %}
        {%- if givers[measure] | length == 1 %}
        {{ givers[measure][0] }}{{ ',' if not loop.last }}
        {%- else %}
        case
            when coalesce({{ givers[measure] | join(', ') }}) is not null
                then cast(coalesce({{ givers[measure] | join(', 0) + coalesce(') }}, 0) as {{ types[measure] }})
        end as {{ measure }}{{ ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}
    from cells
    cross join span
    {%- for model_name in models %}
    left join {{ model_name }}_by_period
        on
            cells.grain = {{ model_name }}_by_period.grain
            and cells.period_start = {{ model_name }}_by_period.period_start
            and cells.scope_type = {{ model_name }}_by_period.scope_type
            and cells.scope_id = {{ model_name }}_by_period.scope_id
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
from final
