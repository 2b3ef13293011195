-- One row per time zone in use and UTC day: the offset before and after the moment it changes. Facts join this on (zone, UTC day) and add, which costs a
-- tenth of a time zone conversion per row.
with timezones as (
    select '{{ var('reporting_timezone') }}' as timezone
    union
    select timezone
    from {{ ref('stg_queues') }}
    where timezone is not null
),

days as (
    select
        timezones.timezone,
        spine.spine_date as utc_date,
        cast(spine.spine_date as timestamp) as day_starts_at
    from timezones
    cross join {{ ref('int_event_span') }} as span
    cross join lateral {{ date_rows('span.first_date - 1', 'span.last_date + 2') }} as spine
),

edges as (
    select
        timezone,
        utc_date,
        day_starts_at,
        {{ seconds_between('day_starts_at', utc_to_local('day_starts_at', 'timezone')) }} as offset_at_start,
        {{ seconds_between(plus_seconds('day_starts_at', 86400), utc_to_local(plus_seconds('day_starts_at', 86400), 'timezone')) }} as offset_at_end
    from days
),

-- Offsets change on a quarter of an hour; the first quarter with the new offset is the change.
changes as (
    select
        edges.timezone,
        edges.utc_date,
        min({{ plus_seconds('edges.day_starts_at', 'quarters.number * 900') }}) as offset_changes_at
    from edges
    cross join {{ number_rows(96) }} as quarters
    where
        edges.offset_at_start <> edges.offset_at_end
        and {{ seconds_between(plus_seconds('edges.day_starts_at', 'quarters.number * 900'),
                               utc_to_local(plus_seconds('edges.day_starts_at', 'quarters.number * 900'), 'edges.timezone')) }}
        = edges.offset_at_end
    group by edges.timezone, edges.utc_date
)

select
    edges.timezone,
    edges.utc_date,
    edges.offset_at_start as offset_before_seconds,
    edges.offset_at_end as offset_after_seconds,
    coalesce(changes.offset_changes_at, {{ plus_seconds('edges.day_starts_at', 86400) }}) as offset_changes_at
from edges
left join changes
    on edges.timezone = changes.timezone and edges.utc_date = changes.utc_date
