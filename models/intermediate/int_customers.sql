-- One row per customer: declared in the raw customers, or only named by an order or a customer event; the first confirmed order, and what the events say at
-- `as_of`.
with declared as (
    select * from {{ ref('stg_customers') }}
),

orders as (
    select
        customer_id,
        max(case when confirmed_rank = 1 then order_date end) as first_order_date,
        max(case when confirmed_rank = 1 then attributed_campaign_id end) as first_order_campaign_id
    from {{ ref('int_orders__attributed') }}
    group by customer_id
),

periods as (
    select
        customer_id,
        min(active_from_date) as first_active_date,
        case when count(*) > count(active_to) then 'active' else 'left' end as status
    from {{ ref('int_customers__active_periods') }}
    group by customer_id
),

named as (
    select customer_id from orders
    union
    select customer_id from periods
),

final as (
    select
        coalesce(declared.customer_id, named.customer_id) as customer_id,
        declared.created_at,
        declared.segment,
        declared.country,
        declared.region,
        declared.gender,
        extract(year from run.as_of_date) - declared.birth_year as age,
        declared.acquired_campaign_id,
        orders.first_order_date,
        orders.first_order_campaign_id,
        periods.first_active_date,
        periods.status,
        declared.customer_id is not null as is_declared
        {%- for name in var('pass_through_columns').get('customers', []) %},
        declared.{{ name }}
        {%- endfor %}
    from declared
    full outer join named
        on declared.customer_id = named.customer_id
    left join orders
        on named.customer_id = orders.customer_id
    left join periods
        on named.customer_id = periods.customer_id
    cross join {{ ref('int_run') }} as run
)

select * from final
