-- One row per queue and local day on which a dated service-level threshold holds for it: its own, else the one for all queues. The queue '' stands
-- for calls that name none.
with targets as (
    select
        scope_type,
        scope_id,
        threshold_seconds,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('kpi_targets') }}
    where
        kpi_id = 'service_level'
        and threshold_seconds is not null
        and scope_type in ('all', 'queue')
),

queues as (
    select queue_id from {{ ref('int_queues') }}
    union all
    select '' as queue_id
),

final as (
    select
        queues.queue_id,
        dates.calendar_date,
        coalesce(own.threshold_seconds, general.threshold_seconds) as threshold_seconds
    from queues
    cross join {{ ref('dim_dates') }} as dates
    left join targets as own
        on
            own.scope_type = 'queue'
            and queues.queue_id = own.scope_id
            and dates.calendar_date >= own.valid_from
            and dates.calendar_date < own.valid_to
    left join targets as general
        on
            general.scope_type = 'all'
            and dates.calendar_date >= general.valid_from
            and dates.calendar_date < general.valid_to
)

select
    queue_id,
    calendar_date,
    cast(threshold_seconds as bigint) as threshold_seconds
from final
where threshold_seconds is not null
