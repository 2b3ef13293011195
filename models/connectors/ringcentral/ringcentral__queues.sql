{{ connector_model() }}
-- One row per call queue and file.
select
    extension_id as queue_id,
    extension_name as queue_name,
    site,
    _file,
    _row
from {{ ref('ringcentral__read_extensions') }}
where
    is_queue
    and _left_out_for is null
