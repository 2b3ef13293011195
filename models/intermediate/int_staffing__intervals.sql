-- One row per queue and half hour with at least one queue entry whose load is known: calls offered, and what the number of agents depends on beside them.
with intervals as (
    select
        queue_id,
        interval_started_at,
        min(call_date) as call_date,
        min(local_interval_started_at) as local_interval_started_at,
        sum(offered_calls) as offered_calls,
        sum(answered_calls) as answered_calls,
        sum(answered_within_target_calls) as answered_within_target_calls
    from {{ ref('queue_intervals') }}
    group by queue_id, interval_started_at
),

measured as (
    select
        grain,
        period_start,
        scope_id as queue_id,
        cast(load_handle_seconds as double) / nullif(cast(load_handled_calls as double), 0) as handle_seconds,
        case
            when abandoned_calls_with_known_wait >= 30
                then cast(offered_wait_seconds as double) / cast(abandoned_calls_with_known_wait as double)
        end as patience_seconds
    from {{ ref('kpi_measures') }}
    where
        scope_type = 'queue'
        and grain in ('month', 'total')
),

-- The mean handle time of the queue's month: that of a half hour is one of a call or two.
months as (
    select * from measured
    where grain = 'month'
),

totals as (
    select * from measured
    where grain = 'total'
),

asked as (
    select
        days.queue_id,
        days.call_date,
        kpis.kpi_id,
        'queue' as scope_type,
        days.queue_id as scope_id
    from (
        select distinct
            queue_id,
            call_date
        from intervals
    ) as days
    cross join (
        select 'service_level' as kpi_id
        union all
        select 'average_speed_of_answer' as kpi_id
    ) as kpis
),

dated_targets as (
    {{ dated_targets() | indent(4) }}
),

targets as (
    select
        asked.queue_id,
        asked.call_date,
        max(coalesce(own.target, general.target)) filter (where asked.kpi_id = 'service_level') as target_service_level,
        max(coalesce(own.target, general.target)) filter (where asked.kpi_id = 'average_speed_of_answer') as target_speed_of_answer
    from asked
    {{ join_targets('asked', 'dated_targets', 'asked.call_date') | indent(4) }}
    group by asked.queue_id, asked.call_date
),

final as (
    select
        intervals.*,
        targets.target_service_level,
        targets.target_speed_of_answer,
        coalesce(thresholds.threshold_seconds, {{ var('service_level_seconds') }}) as target_answer_seconds,
        floor(coalesce(months.handle_seconds, totals.handle_seconds) + 0.5e0) as handle_seconds,
        greatest(1e0, floor(totals.patience_seconds + 0.5e0)) as patience_seconds,
        totals.patience_seconds is not null as has_known_patience
    from intervals
    inner join targets
        on intervals.queue_id = targets.queue_id and intervals.call_date = targets.call_date
    left join {{ ref('int_queue_targets') }} as thresholds
        on intervals.queue_id = thresholds.queue_id and intervals.call_date = thresholds.calendar_date
    left join months
        on
            intervals.queue_id = months.queue_id
            and {{ period_start_of('month', 'intervals.call_date') }} = months.period_start
    left join totals
        on intervals.queue_id = totals.queue_id
)

select
    queue_id,
    interval_started_at,
    call_date,
    local_interval_started_at,
    cast(offered_calls as bigint) as offered_calls,
    cast(answered_calls as bigint) as answered_calls,
    cast(answered_within_target_calls as bigint) as answered_within_target_calls,
    cast(target_service_level as double) as target_service_level,
    cast(target_speed_of_answer as double) as target_speed_of_answer,
    cast(target_answer_seconds as bigint) as target_answer_seconds,
    cast(handle_seconds as bigint) as handle_seconds,
    cast(case when has_known_patience then patience_seconds end as bigint) as patience_seconds
from final
where handle_seconds > 0
