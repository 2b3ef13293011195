-- One row per calendar day, from the day before the first event to the day after the last.
with days as (
    select spine.spine_date as calendar_date
    from {{ ref('int_event_span') }} as span
    cross join lateral {{ date_rows('span.first_date - 1', 'span.last_date + 1') }} as spine
),

closed_days as (
    select distinct holiday_date
    from {{ ref('holidays') }}
    where
        business_hours_id is null
        and opens_at is null
)

select
    cast(days.calendar_date as date) as calendar_date,
    {{ period_start_of('week', 'days.calendar_date') }} as week_start_date,
    {{ period_start_of('month', 'days.calendar_date') }} as month_start_date,
    {{ period_start_of('quarter', 'days.calendar_date') }} as quarter_start_date,
    {{ period_start_of('year', 'days.calendar_date') }} as year_start_date,
    cast({{ iso_weekday('days.calendar_date') }} as integer) as iso_weekday,
    cast({{ iso_weekday('days.calendar_date') }} >= 6 as boolean) as is_weekend,
    cast(holidays.holiday_date is not null as boolean) as is_holiday
from days
left join closed_days as holidays
    on days.calendar_date = holidays.holiday_date
