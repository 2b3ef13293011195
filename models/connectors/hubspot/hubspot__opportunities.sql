{{ connector_model() }}
-- One row per deal and list.
select
    deal_id as opportunity_id,
    contact_id as lead_id,
    contact_id as customer_id,
    created_at,
    closed_at,
    is_won,
    amount,
    currency,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_deals') }}
where _left_out_for is null
