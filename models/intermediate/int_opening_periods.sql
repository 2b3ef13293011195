-- One row per calendar in use (a schedule in a time zone) and opening that begins on a local day: holidays replace the week's hours, the schedule's own
-- holiday row the one for all schedules. An opening over midnight belongs to the day it begins on.
with calendars as (
    select
        effective_business_hours_id as business_hours_id,
        timezone
    from {{ ref('int_queues') }}
    union
    select
        'default' as business_hours_id,
        '{{ var('reporting_timezone') }}' as timezone
),

days as (
    select
        calendars.business_hours_id,
        calendars.timezone,
        spine.spine_date as opening_date
    from calendars
    cross join {{ ref('int_event_span') }} as span
    cross join lateral {{ date_rows('span.first_date - 2', 'span.last_date + 2') }} as spine
),

special_days as (
    select distinct
        days.business_hours_id,
        days.opening_date,
        holidays.business_hours_id as holiday_schedule_id,
        holidays.opens_at,
        holidays.closes_at,
        rank() over (
            partition by days.business_hours_id, days.opening_date
            order by case when holidays.business_hours_id is null then 1 else 0 end
        ) as closeness
    from days
    inner join {{ ref('holidays') }} as holidays
        on
            days.opening_date = holidays.holiday_date
            and coalesce(holidays.business_hours_id, days.business_hours_id) = days.business_hours_id
),

hours as (
    select
        days.business_hours_id,
        days.timezone,
        days.opening_date,
        weekly.opens_at,
        weekly.closes_at
    from days
    inner join {{ ref('business_hours') }} as weekly
        on
            days.business_hours_id = weekly.business_hours_id
            and {{ iso_weekday('days.opening_date') }} = weekly.iso_weekday
            and days.opening_date >= coalesce(weekly.valid_from, date '0001-01-01')
            and days.opening_date < coalesce(weekly.valid_to, date '9999-12-31')
    left join special_days
        on days.business_hours_id = special_days.business_hours_id and days.opening_date = special_days.opening_date
    where special_days.opening_date is null
    union all
    select
        days.business_hours_id,
        days.timezone,
        days.opening_date,
        special_days.opens_at,
        special_days.closes_at
    from days
    inner join special_days
        on days.business_hours_id = special_days.business_hours_id and days.opening_date = special_days.opening_date
    where
        special_days.closeness = 1
        and special_days.opens_at is not null
        and special_days.closes_at is not null
),

clocked as (
    select
        business_hours_id,
        timezone,
        opening_date,
        {{ seconds_of_clock('opens_at') }} as opens_second,
        {{ seconds_of_clock('closes_at') }} as closes_second
    from hours
),

final as (
    select
        business_hours_id,
        timezone,
        opening_date,
        {{ local_to_utc(plus_seconds('cast(opening_date as timestamp)', 'opens_second'), 'timezone') }} as opened_at,
        {{ local_to_utc(
            plus_seconds('cast(opening_date as timestamp)', 'closes_second + case when closes_second <= opens_second then 86400 else 0 end'),
            'timezone'
        ) }} as closed_at
    from clocked
)

-- An opening within the hour that the spring clock change skips has no length.
select * from final
where closed_at > opened_at
