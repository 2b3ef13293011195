{{ connector_model() }}
-- One row per owner and list.
select
    owner_id as agent_id,
    owner_name as agent_name,
    team as team_id,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_owners') }}
where _left_out_for is null
