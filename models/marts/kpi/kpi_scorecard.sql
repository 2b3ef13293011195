-- One row per KPI, scope and grain, for the newest period complete at as_of (grain total: all days): the value against its dated target, its benchmark
-- and its own history. The day of as_of counts as complete.
with newest_complete as (
    {%- for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as grain,
        {{ period_before(grain, period_start_of(grain, plus_days('as_of_date', 1))) }} as period_start
    from {{ ref('int_run') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

periods as (
    {%- for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        grain,
        period_start,
        {{ period_before(grain, 'period_start') }} as previous_start,
        {{ year_before(grain, 'period_start') }} as year_ago_start
    from newest_complete
    where grain = '{{ grain }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

newest as (
    select kpis.*
    from {{ ref('kpi_values') }} as kpis
    left join periods
        on kpis.grain = periods.grain and kpis.period_start = periods.period_start
    where
        kpis.grain = 'total'
        or periods.grain is not null
),

-- The same weekday of the four weeks before: enough to even out one odd day, and recent enough to be the same season.
compared_periods as (
    select
        grain,
        previous_start as period_start,
        'previous' as comparison
    from periods
    union all
    select
        grain,
        year_ago_start as period_start,
        'year_ago' as comparison
    from periods
    {%- for weeks in range(1, 5) %}
    union all
    select
        grain,
        {{ plus_days('period_start', -7 * weeks) }} as period_start,
        'same_weekday' as comparison
    from periods
    where grain = 'day'
    {%- endfor %}
),

-- All values of a KPI are read once for these few periods, instead of being joined with themselves. Rates of several days are their summed sides divided,
-- like any other.
history as (
    select
        earlier.kpi_id,
        earlier.grain,
        earlier.scope_type,
        earlier.scope_id,
        max(earlier.value) filter (where compared_periods.comparison = 'previous') as previous_value,
        max(earlier.value) filter (where compared_periods.comparison = 'year_ago') as year_ago_value,
        sum(earlier.numerator) filter (where compared_periods.comparison = 'same_weekday') as weekday_numerator,
        sum(earlier.denominator) filter (where compared_periods.comparison = 'same_weekday') as weekday_denominator,
        count(*) filter (where compared_periods.comparison = 'same_weekday') as same_weekday_days,
        cast(
            sum(cast(earlier.value as decimal(38, 12))) filter (where compared_periods.comparison = 'same_weekday') as double
        ) as summed_weekday_value
    from {{ ref('kpi_values') }} as earlier
    inner join compared_periods
        on earlier.grain = compared_periods.grain and earlier.period_start = compared_periods.period_start
    where earlier.value is not null
    group by earlier.kpi_id, earlier.grain, earlier.scope_type, earlier.scope_id
),

-- The target of the scope itself, else the one for all; on the first day of the period.
targets as (
    {{ dated_targets() | indent(4) }}
),

benchmarks as (
    {{ ranked_benchmarks() | indent(4) }}
),

compared as (
    select
        newest.*,
        catalogue.name_en,
        catalogue.name_fr,
        catalogue.domain,
        catalogue.unit,
        catalogue.better,
        history.previous_value,
        history.year_ago_value,
        history.same_weekday_days,
        case
            when catalogue.kind in ('ratio', 'distinct') and catalogue.denominator_measure is not null
                then catalogue.multiplier * cast(history.weekday_numerator as double)
                    / nullif(cast(history.weekday_denominator as double), 0)
            else history.summed_weekday_value / nullif(history.same_weekday_days, 0)
        end as same_weekday_average,
        coalesce(own.target, general.target) as target,
        case when own.kpi_id is not null then own.warning else general.warning end as warning,
        case when own.kpi_id is not null then own.min_volume else general.min_volume end as min_volume,
        benchmarks.benchmark,
        benchmarks.benchmark_source
    from newest
    inner join {{ ref('kpi_dictionary') }} as catalogue
        on newest.kpi_id = catalogue.kpi_id
    left join history
        on
            newest.kpi_id = history.kpi_id
            and newest.grain = history.grain
            and newest.scope_type = history.scope_type
            and newest.scope_id = history.scope_id
    {{ join_targets('newest', 'targets', 'newest.period_start') | indent(4) }}
    left join benchmarks
        on newest.kpi_id = benchmarks.kpi_id and benchmarks.closeness = 1
),

judged as (
    select
        *,
        value - coalesce(target, benchmark) as gap,
        case when target is not null then 'target' when benchmark is not null then 'benchmark' end as gap_basis,
        value - previous_value as change_from_previous,
        value - year_ago_value as change_from_year_ago,
        value - same_weekday_average as change_from_same_weekday,
        coalesce(denominator, numerator) < min_volume as is_low_volume,
        case better when 'higher' then 1 when 'lower' then -1 end as better_sign
    from compared
)

select
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(name_en as {{ dbt.type_string() }}) as name_en,
    cast(name_fr as {{ dbt.type_string() }}) as name_fr,
    cast(domain as {{ dbt.type_string() }}) as domain,
    cast(unit as {{ dbt.type_string() }}) as unit,
    cast(better as {{ dbt.type_string() }}) as better,
    cast(numerator as decimal(38, 12)) as numerator,
    cast(denominator as decimal(38, 12)) as denominator,
    cast(value as double) as value,
    cast(previous_value as double) as previous_value,
    cast(change_from_previous as double) as change_from_previous,
    cast(case
        when change_from_previous > 0 then 'up'
        when change_from_previous < 0 then 'down'
        when change_from_previous = 0 then 'flat'
    end as {{ dbt.type_string() }}) as trend,
    cast(year_ago_value as double) as year_ago_value,
    cast(change_from_year_ago as double) as change_from_year_ago,
    cast(same_weekday_average as double) as same_weekday_average,
    cast(coalesce(same_weekday_days, 0) as bigint) as same_weekday_days,
    cast(change_from_same_weekday as double) as change_from_same_weekday,
    cast(target as double) as target,
    cast(warning as double) as warning,
    cast(min_volume as bigint) as min_volume,
    cast(benchmark as double) as benchmark,
    cast(benchmark_source as {{ dbt.type_string() }}) as benchmark_source,
    cast(gap as double) as gap,
    cast(gap_basis as {{ dbt.type_string() }}) as gap_basis,
    cast(gap * better_sign >= 0 as boolean) as is_gap_favourable,
    cast(case
        when target is null then 'no_target'
        when value is null then 'no_value'
        when is_low_volume then 'low_volume'
        when better_sign is null then 'no_direction'
        when gap * better_sign >= 0 then 'on_target'
        when (value - warning) * better_sign >= 0 then 'warning'
        else 'off_target'
    end as {{ dbt.type_string() }}) as status
from judged
