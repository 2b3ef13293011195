{{ connector_model() }}
-- One row per deal that is won, in the pipelines whose deals the entry calls orders.
select
    deal_id as order_id,
    contact_id as customer_id,
    contact_id as lead_id,
    owner_id as agent_id,
    closed_at as ordered_at,
    'confirmed' as status,
    amount as net_amount,
    currency,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_deals') }}
where
    is_order
    and _left_out_for is null
