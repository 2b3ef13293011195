-- One row per kind of alert, KPI, scope and judged period: bad (1), good (-1) or neither (0). What has not volume enough is not judged and has no row.
with bounds as (
    select
        *,
        coalesce(target, benchmark) as reference,
        case better_sign when 1 then coalesce(target, benchmark) - value else value - coalesce(target, benchmark) end as deviation
    from {{ ref('kpi_alert_values') }}
    where
        coalesce(target, benchmark) is not null
        and better_sign is not null
        and coalesce(volume >= min_volume, true)
),

bound_signals as (
    select
        case when target is not null then 'target' else 'benchmark' end as alert_kind,
        kpi_id,
        grain,
        scope_type,
        scope_id,
        period_start,
        value,
        volume,
        reference,
        deviation,
        cast(null as double) as robust_z,
        case when deviation > 0 then 1 else -1 end as signal,
        target is not null and deviation > 0 and coalesce(better_sign * (value - warning) < 0, true) as is_critical
    from bounds
),

-- A count is its own volume: that it has fallen must not silence it. Its median is asked for volume instead, below.
usable as {{ by_itself() }} (
    select
        *,
        row_number() over (order by kpi_id asc, grain asc, scope_type asc, scope_id asc, period_start asc) as value_number
    from {{ ref('kpi_alert_values') }}
    where
        is_watched_for_drift
        and not is_holiday
        and (is_count or coalesce(volume >= min_volume, true))
),

-- Seven days on, a day is the same weekday and a week the next one: one step for both, and each value is joined with at most as many as there are weeks.
history as {{ by_itself() }} (
    select
        usable.value_number,
        past.value
    from usable
    inner join (
        select
            earlier.kpi_id,
            earlier.grain,
            earlier.scope_type,
            earlier.scope_id,
            {{ plus_days('earlier.period_start', 'cast(7 * (weeks.number + 1) as integer)') }} as compared_start,
            earlier.value
        from usable as earlier
        cross join {{ number_rows(var('alert_history_weeks')) }} as weeks
    ) as past
        on
            usable.kpi_id = past.kpi_id
            and usable.grain = past.grain
            and usable.scope_type = past.scope_type
            and usable.scope_id = past.scope_id
            and usable.period_start = past.compared_start
),

medians as {{ by_itself() }} (
    select
        value_number,
        {{ exact_percentile('value', 0.5) }} as median_value
    from history
    group by value_number
    having count(*) >= {{ var('alert_min_history') }}
),

-- The mean deviation is a sum of decimals: of doubles it would depend on the order of rows.
spreads as (
    select
        history.value_number,
        max(medians.median_value) as median_value,
        {{ exact_percentile('abs(history.value - medians.median_value)', 0.5) }} as median_deviation,
        cast(sum(cast(abs(history.value - medians.median_value) as decimal(38, 12))) as double) / count(*) as mean_deviation
    from history
    inner join medians
        on history.value_number = medians.value_number
    group by history.value_number
),

measured as (
    select
        usable.*,
        spreads.median_value,
        {{ robust_spread('spreads.median_deviation', 'spreads.mean_deviation') | indent(8) }} as spread
    from usable
    inner join spreads
        on usable.value_number = spreads.value_number
    where
        not usable.is_count
        or spreads.median_value >= usable.min_volume
),

-- Only the worse side of a KPI that has one; both sides of another.
sides as (
    select
        'drift_up' as alert_kind,
        *,
        value - median_value as deviation
    from measured
    where coalesce(better_sign, -1) = -1
    union all
    select
        'drift_down' as alert_kind,
        *,
        median_value - value as deviation
    from measured
    where coalesce(better_sign, 1) = 1
),

drift_signals as (
    select
        alert_kind,
        kpi_id,
        grain,
        scope_type,
        scope_id,
        period_start,
        value,
        volume,
        median_value as reference,
        deviation,
        deviation / nullif(spread, 0) as robust_z,
        case
            when deviation <= 0 or deviation < abs(median_value) * {{ var('alert_min_change_percent') }} / 100e0 then -1
            when deviation >= {{ var('alert_open_z') }} * spread then 1
            when deviation <= {{ var('alert_close_z') }} * spread then -1
            else 0
        end as signal,
        false as is_critical
    from sides
),

signals as (
    select * from bound_signals
    union all
    select * from drift_signals
),

-- A week speaks where its days are too small to: not when four of them were judged, which would say the same twice.
well_judged_weeks as (
    select
        alert_kind,
        kpi_id,
        scope_type,
        scope_id,
        {{ period_start_of('week', 'period_start') }} as week_start
    from signals
    where grain = 'day'
    group by alert_kind, kpi_id, scope_type, scope_id, {{ period_start_of('week', 'period_start') }}
    having count(*) >= 4
),

final as (
    select signals.*
    from signals
    left join well_judged_weeks
        on
            signals.grain = 'week'
            and signals.alert_kind = well_judged_weeks.alert_kind
            and signals.kpi_id = well_judged_weeks.kpi_id
            and signals.scope_type = well_judged_weeks.scope_type
            and signals.scope_id = well_judged_weeks.scope_id
            and signals.period_start = well_judged_weeks.week_start
    where well_judged_weeks.kpi_id is null
)

select
    cast(alert_kind as {{ dbt.type_string() }}) as alert_kind,
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(period_start as date) as period_start,
    cast(value as double) as value,
    cast(volume as decimal(38, 12)) as volume,
    cast(reference as double) as reference,
    cast(deviation as double) as deviation,
    cast(robust_z as double) as robust_z,
    cast(signal as integer) as signal,
    cast(is_critical as boolean) as is_critical
from final
