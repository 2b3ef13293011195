-- One row per local day from the first to the last of which there are values: the time spine.
with span as (
    select
        min(period_start) as first_date,
        max(period_start) as last_date
    from callmart.marts.kpi_values
    where grain = 'day'
),

days as (
    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as calendar_date
    from span
)

select
    days.calendar_date,
    cast(isodow(days.calendar_date) as integer) as weekday,
    isodow(days.calendar_date) >= 6 as is_weekend,
    coalesce(dates.is_holiday, false) as is_holiday,
    isodow(days.calendar_date) < 6 and not coalesce(dates.is_holiday, false) as is_working_day
from days
left join callmart.marts.dim_dates as dates
    on days.calendar_date = dates.calendar_date
