-- One row per derived KPI, period and scope: the KPIs that are a formula over several measures. Each CTE gives one KPI.
{%- set reporting_timezone = "'" ~ var('reporting_timezone') ~ "'" %}
with measured as (
    select * from {{ ref('kpi_measures') }}
),

-- Erlangs: the handle time the offered calls bring, over the seconds of the period on the clock of the reporting zone (a day of a clock change has 23
-- or 25 hours). All days together have no length.
offered_load as (
    select
        'offered_load_erlangs' as kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        cast(offered_calls as double) * cast(load_handle_seconds as double) / nullif(cast(load_handled_calls as double), 0)
        / {{ seconds_between(
            local_to_utc('cast(period_start as timestamp)', reporting_timezone),
            local_to_utc('cast(' ~ period_after('grain', 'period_start') ~ ' as timestamp)', reporting_timezone)
        ) }} as value
    from measured
    where
        grain <> 'total'
        and offered_calls is not null
),

final as (
    select * from offered_load
)

select
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(value as double) as value
from final
