-- One row per customer and stretch of time during which the customer was active, by the customer events up to `as_of`.
select
    cast({{ surrogate_key(['periods.customer_id', 'periods.active_from']) }} as {{ dbt.type_string() }}) as customer_period_id,
    cast(periods.customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(customers.segment as {{ dbt.type_string() }}) as segment,
    cast(periods.active_from as timestamp) as active_from,
    cast(periods.active_to as timestamp) as active_to,
    cast(periods.active_from_date as date) as active_from_date,
    cast(periods.active_to_date as date) as active_to_date
from {{ ref('int_customers__active_periods') }} as periods
left join {{ ref('int_customers') }} as customers
    on periods.customer_id = customers.customer_id
