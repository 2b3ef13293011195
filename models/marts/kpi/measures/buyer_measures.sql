-- One row per period and scope with at least one confirmed order of a known amount: customers, each counted once per period.
{%- set buyers = {'buying_customers': 'count(distinct customer_id)'} %}
with rows_to_count as (
    select distinct
        order_date as measure_date,
        campaign_id,
        customer_id
    from {{ ref('fct_orders') }}
    where
        is_confirmed
        and net_amount_converted is not null
),

by_period as (
    {{ measures_by_period('rows_to_count', {'all': none, 'campaign': 'campaign_id'}, buyers) | indent(4) }}
)

select
    {{ period_measure_columns(buyers) }}
from by_period
