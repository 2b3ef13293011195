-- One row per confirmed order of a known amount.
select
    order_date as measure_date,
    campaign_id as campaign,
    customer_id
from callmart.marts.fct_orders
where
    is_confirmed
    and net_amount_converted is not null
