-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        order_date as measure_date,
        campaign_id,
        source_channel,
        team_id,
        agent_id,
        industry,
        company_size,
        segment,
        count(*) as confirmed_orders,
        count(net_amount_converted) as confirmed_orders_with_known_amount,
        sum(net_amount_converted) as revenue,
        sum(margin_amount_converted) as margin,
        count(*) filter (where is_first_of_customer) as new_customers
    from callmart.marts.fct_orders
    where is_confirmed
    group by order_date, campaign_id, source_channel, team_id, agent_id, industry, company_size, segment
)

select
    measure_date,
    campaign_id as campaign,
    source_channel,
    team_id as team,
    agent_id as agent,
    industry,
    company_size,
    segment,
    cast(confirmed_orders as bigint) as confirmed_orders,
    cast(confirmed_orders_with_known_amount as bigint) as confirmed_orders_with_known_amount,
    cast(revenue as decimal(38, 12)) as revenue,
    cast(margin as decimal(38, 12)) as margin,
    cast(new_customers as bigint) as new_customers
from daily
