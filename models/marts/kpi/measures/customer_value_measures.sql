-- One row per month, quarter and year and scope with churn: the months of the period added up, and what the customers brought in them.
{%- set measures = measures_of('customer_value_measures') %}
with revenue as (
    select
        {{ period_start_of('month', 'measure_date') }} as month_start_date,
        scope_type,
        scope_id,
        sum(revenue) as revenue
    from {{ ref('order_measures') }}
    where scope_type in ('all', 'segment')
    group by {{ period_start_of('month', 'measure_date') }}, scope_type, scope_id
),

months as (
    select
        churn.period_start as month_start_date,
        churn.scope_type,
        churn.scope_id,
        churn.customers_active_at_start,
        churn.customers_left,
        coalesce(revenue.revenue, 0) as revenue
    from {{ ref('churn_measures') }} as churn
    left join revenue
        on
            churn.period_start = revenue.month_start_date
            and churn.scope_type = revenue.scope_type
            and churn.scope_id = revenue.scope_id
    where churn.grain = 'month'
),

by_period as (
    {%- for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as grain,
        {{ period_start_of(grain, 'month_start_date') }} as period_start,
        scope_type,
        scope_id,
        cast(sum(customers_active_at_start) as bigint) as active_customer_months,
        cast(sum(customers_left) as bigint) as left_customer_months,
        cast(sum(revenue) as {{ measure_type('customer_months_revenue') }}) as customer_months_revenue
    from months
    group by {{ period_start_of(grain, 'month_start_date') }}, scope_type, scope_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    {{ period_measure_columns(measures) }}
from by_period
