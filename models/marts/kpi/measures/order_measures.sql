-- One row per day and scope with at least one confirmed order.
{%- set measures = measures_of('order_measures') %}
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
    from {{ ref('fct_orders') }}
    where is_confirmed
    group by order_date, campaign_id, source_channel, team_id, agent_id, industry, company_size, segment
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'team_id', 'agent': 'agent_id',
            'industry': 'industry', 'company_size': 'company_size', 'segment': 'segment',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
