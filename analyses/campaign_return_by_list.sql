-- Which contact lists earn back what their calls cost?
-- Quels fichiers de contacts remboursent le coût de leurs appels ?
--
-- One row per contact list and campaign with at least 20 attempts. A campaign's costs are shared among its lists by
-- attempts; revenue is that of confirmed orders which name a call of the list.
with attempts as (
    select
        campaign_id,
        contact_list_id,
        count(*) as attempts,
        count(*) filter (where is_contact_established) as contacts,
        sum(count(*)) over (partition by campaign_id) as campaign_attempts
    from {{ ref('fct_calls') }}
    where is_outbound and contact_list_id is not null
    group by campaign_id, contact_list_id
),

costs as (
    select
        campaign_id,
        sum(campaign_cost) as campaign_cost
    from {{ ref('campaign_economics') }}
    group by campaign_id
),

sales as (
    select
        calls.contact_list_id,
        calls.campaign_id,
        count(*) as orders,
        sum(orders.net_amount_converted) as revenue
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('fct_calls') }} as calls on orders.call_id = calls.call_id
    where orders.is_confirmed and calls.is_outbound
    group by calls.contact_list_id, calls.campaign_id
)

select
    attempts.campaign_id,
    attempts.contact_list_id,
    attempts.attempts,
    attempts.contacts,
    coalesce(sales.orders, 0) as orders,
    coalesce(sales.revenue, 0) as revenue,
    costs.campaign_cost * attempts.attempts / attempts.campaign_attempts as shared_cost,
    coalesce(sales.revenue, 0) / nullif(costs.campaign_cost * attempts.attempts / attempts.campaign_attempts, 0)
        as revenue_per_unit_of_cost
from attempts
left join costs on attempts.campaign_id = costs.campaign_id
left join sales
    on
        attempts.contact_list_id = sales.contact_list_id
        and attempts.campaign_id = sales.campaign_id
where attempts.attempts >= 20
order by revenue_per_unit_of_cost desc nulls last, attempts.contact_list_id asc, attempts.campaign_id asc

-- Conclude: below 1 a list costs more than it brings in at once. Before dropping one, look at its file quality in
-- `contact_list_results`: a poor file is the supplier's, a good file that does not sell is the script's.
