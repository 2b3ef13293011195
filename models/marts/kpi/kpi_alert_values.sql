-- One row per KPI, scope and day or week, complete at as_of, that an alert may be about: its value, its volume and what it is judged by.
-- Scopes with an owner who can act: an agent's day is too small to judge and no matter for an alarm, a contact list ends, the rest is for analysis.
{%- set scopes = ['all', 'queue', 'site', 'team', 'campaign'] %}
with targets as (
    {{ dated_targets() | indent(4) }}
),

benchmarks as (
    {{ ranked_benchmarks() | indent(4) }}
),

judged_kpis as (
    select kpi_id from targets
    union
    select kpi_id from benchmarks
    union
    select kpi_id
    from {{ ref('alert_kpis') }}
    where is_watched_for_drift
),

complete_values as (
    select kpis.*
    from {{ ref('kpi_values') }} as kpis
    cross join {{ ref('int_run') }} as run
    where
        kpis.grain in ('day', 'week')
        and kpis.scope_type in ('{{ scopes | join("', '") }}')
        and kpis.kpi_id in (select judged_kpis.kpi_id from judged_kpis)
        and kpis.value is not null
        and case kpis.grain when 'week' then {{ plus_days('kpis.period_start', 6) }} else kpis.period_start end <= run.as_of_date
),

final as (
    select
        complete_values.kpi_id,
        complete_values.grain,
        complete_values.scope_type,
        complete_values.scope_id,
        complete_values.period_start,
        complete_values.value,
        coalesce(complete_values.denominator, complete_values.numerator) as volume,
        complete_values.denominator is null and complete_values.numerator is not null as is_count,
        case dictionary.better when 'higher' then 1 when 'lower' then -1 end as better_sign,
        coalesce(own.target, general.target) as target,
        case when own.kpi_id is not null then own.warning else general.warning end as warning,
        benchmarks.benchmark,
        coalesce(
            case when own.kpi_id is not null then own.min_volume else general.min_volume end,
            watched.min_volume,
            {{ var('alert_min_volume') }}
        ) as min_volume,
        coalesce(watched.is_watched_for_drift, false) as is_watched_for_drift,
        complete_values.grain = 'day' and coalesce(dates.is_holiday, false) as is_holiday
    from complete_values
    inner join {{ ref('kpi_dictionary') }} as dictionary
        on complete_values.kpi_id = dictionary.kpi_id
    left join {{ ref('alert_kpis') }} as watched
        on complete_values.kpi_id = watched.kpi_id
    left join {{ ref('dim_dates') }} as dates
        on complete_values.period_start = dates.calendar_date
    {{ join_targets('complete_values', 'targets', 'complete_values.period_start') | indent(4) }}
    left join benchmarks
        on complete_values.kpi_id = benchmarks.kpi_id and benchmarks.closeness = 1
)

select
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(period_start as date) as period_start,
    cast(value as double) as value,
    cast(volume as decimal(38, 12)) as volume,
    cast(is_count as boolean) as is_count,
    cast(better_sign as integer) as better_sign,
    cast(target as double) as target,
    cast(warning as double) as warning,
    cast(benchmark as double) as benchmark,
    cast(min_volume as bigint) as min_volume,
    cast(is_watched_for_drift as boolean) as is_watched_for_drift,
    cast(is_holiday as boolean) as is_holiday
from final
