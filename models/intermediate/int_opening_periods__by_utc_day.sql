-- One row per calendar, UTC day and stretch of it that is all open or all closed, with the opening time before it since the calendar's beginning. The
-- stretches of a calendar leave no gap and no overlap: an instant finds its own by an equality on calendar and day (macros/kpi/opening_hours.sql).
with span as (
    select
        cast({{ plus_days('first_date', -2) }} as timestamp) as first_at,
        cast({{ plus_days('last_date', 3) }} as timestamp) as last_at
    from {{ ref('int_event_span') }}
),

calendars as (
    select
        effective_business_hours_id as business_hours_id,
        timezone
    from {{ ref('int_queues') }}
    union
    select
        'default' as business_hours_id,
        '{{ var('reporting_timezone') }}' as timezone
),

-- A calendar without hours is no calendar: time by it is unknown, not 0. The empty opening at the beginning stands for one that has hours, but none in
-- these days.
openings as (
    select
        business_hours_id,
        timezone,
        opened_at,
        closed_at
    from {{ ref('int_opening_periods') }}
    union all
    select
        calendars.business_hours_id,
        calendars.timezone,
        span.first_at as opened_at,
        span.first_at as closed_at
    from calendars
    cross join span
    where calendars.business_hours_id in (select scheduled.business_hours_id from {{ ref('business_hours') }} as scheduled)
),

followed as (
    select
        *,
        max(closed_at) over (
            partition by business_hours_id, timezone
            order by opened_at asc, closed_at asc
            rows between unbounded preceding and 1 preceding
        ) as closed_before
    from openings
),

numbered as (
    select
        *,
        sum(case when closed_before >= opened_at then 0 else 1 end) over (
            partition by business_hours_id, timezone
            order by opened_at asc, closed_at asc
            rows unbounded preceding
        ) as opening_number
    from followed
),

joined_up as (
    select
        business_hours_id,
        timezone,
        min(opened_at) as opened_at,
        max(closed_at) as closed_at
    from numbered
    group by business_hours_id, timezone, opening_number
),

cumulated as (
    select
        joined_up.*,
        coalesce(
            lead(joined_up.opened_at) over (partition by joined_up.business_hours_id, joined_up.timezone order by joined_up.opened_at asc),
            span.last_at
        ) as next_opened_at,
        sum({{ seconds_between('joined_up.opened_at', 'joined_up.closed_at') }}) over (
            partition by joined_up.business_hours_id, joined_up.timezone
            order by joined_up.opened_at asc
            rows unbounded preceding
        ) as opening_seconds_after
    from joined_up
    cross join span
),

stretches as (
    select
        business_hours_id,
        timezone,
        true as is_open,
        opened_at as starts_at,
        closed_at as ends_at,
        opening_seconds_after - {{ seconds_between('opened_at', 'closed_at') }} as opening_seconds_before
    from cumulated
    where closed_at > opened_at
    union all
    select
        business_hours_id,
        timezone,
        false as is_open,
        closed_at as starts_at,
        next_opened_at as ends_at,
        opening_seconds_after as opening_seconds_before
    from cumulated
    where next_opened_at > closed_at
),

cut as (
    select
        stretches.business_hours_id,
        stretches.timezone,
        days.spine_date as utc_date,
        stretches.is_open,
        stretches.opening_seconds_before,
        stretches.starts_at as stretch_starts_at,
        greatest(stretches.starts_at, cast(days.spine_date as timestamp)) as starts_at,
        least(stretches.ends_at, cast({{ plus_days('days.spine_date', 1) }} as timestamp)) as ends_at
    from stretches
    cross join lateral {{ date_rows('cast(stretches.starts_at as date)', 'cast(' ~ plus_seconds('stretches.ends_at', -1) ~ ' as date)') }} as days
)

select
    business_hours_id,
    timezone,
    utc_date,
    starts_at,
    ends_at,
    is_open,
    cast(
        opening_seconds_before + case when is_open then {{ seconds_between('stretch_starts_at', 'starts_at') }} else 0 end as bigint
    ) as opening_seconds_before
from cut
