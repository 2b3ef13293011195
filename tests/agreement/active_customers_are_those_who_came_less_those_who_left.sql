-- Who is active when a month begins, counted one customer at a time, is what the running totals of the months say.
with months as (
    select
        period_start,
        customers_active_at_start
    from {{ ref('churn_measures') }}
    where
        grain = 'month'
        and scope_type = 'all'
),

counted as (
    select
        months.period_start,
        count(distinct periods.customer_id) as customers
    from months
    left join {{ ref('dim_customer_periods') }} as periods
        on
            months.period_start > periods.active_from_date
            and (periods.active_to_date is null or months.period_start <= periods.active_to_date)
    group by months.period_start
)

select
    months.period_start,
    months.customers_active_at_start,
    counted.customers
from months
full outer join counted
    on months.period_start = counted.period_start
where months.customers_active_at_start is distinct from counted.customers
