{{ connector_model() }}
-- One row per call and list.
select
    call_id,
    direction,
    outcome,
    happened_at as started_at,
    talk_seconds,
    owner_id as agent_id,
    contact_id as customer_id,
    contact_id as lead_id,
    from_number,
    to_number,
    disposition_code,
    is_recorded,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_calls') }}
where _left_out_for is null
