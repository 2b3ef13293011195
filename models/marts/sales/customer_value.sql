-- One row per segment (and `all`) and month from its first activation to `as_of`: who was active, who left, and what a customer is worth.
-- depends_on: {{ ref('kpi_catalogue') }}
with months as (
    select
        scope_id as segment,
        scope_type,
        period_start as month_start_date,
        customers_active_at_start,
        customers_left,
        customer_months_revenue as revenue,
        coalesce(confirmed_orders, 0) as confirmed_orders
    from {{ ref('kpi_measures') }}
    where
        scope_type in ('all', 'segment')
        and grain = 'month'
        and customers_active_at_start is not null
),

lifetime_values as (
    select
        scope_id,
        scope_type,
        period_start,
        value
    from {{ ref('kpi_derived') }}
    where
        kpi_id = 'customer_lifetime_value'
        and grain = 'month'
),

final as (
    select
        months.*,
        availability.is_available as has_orders,
        case
            when availability.is_available
                then cast(months.revenue as double) / nullif(cast(months.customers_active_at_start as double), 0)
        end as average_monthly_value,
        cast(months.customers_active_at_start as double) / nullif(cast(months.customers_left as double), 0) as expected_lifetime_months,
        case when availability.is_available then lifetime_values.value end as customer_lifetime_value
    from months
    inner join {{ ref('data_availability') }} as availability
        on availability.kpi_id = 'customer_lifetime_value'
    left join lifetime_values
        on
            months.scope_type = lifetime_values.scope_type
            and months.segment = lifetime_values.scope_id
            and months.month_start_date = lifetime_values.period_start
)

select
    cast({{ surrogate_key(['scope_type', 'segment', 'month_start_date']) }} as {{ dbt.type_string() }}) as customer_value_id,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(segment as {{ dbt.type_string() }}) as segment,
    cast(month_start_date as date) as month_start_date,
    cast(customers_active_at_start as bigint) as customers_active_at_start,
    cast(customers_left as bigint) as customers_left,
    cast(revenue as decimal(38, 12)) as revenue,
    cast(confirmed_orders as bigint) as confirmed_orders,
    {{ kpi_rate('churn_rate') }} as churn_rate,
    cast(average_monthly_value as double) as average_monthly_value,
    cast(expected_lifetime_months as double) as expected_lifetime_months,
    cast(customer_lifetime_value as double) as customer_lifetime_value,
    cast(case
        when not has_orders then 'No orders were handed over.'
        when customers_active_at_start = 0 then 'No customer was active when the month began.'
        when customers_left = 0 then 'No customer left in the month: how long customers stay is unknown.'
    end as {{ dbt.type_string() }}) as no_value_because
from final
