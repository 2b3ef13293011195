{{ connector_model() }}
-- One row per user and file.
select
    extension_id as agent_id,
    extension_name as agent_name,
    department as team_id,
    site,
    _file,
    _row
from {{ ref('ringcentral__read_extensions') }}
where
    is_user
    and _left_out_for is null
