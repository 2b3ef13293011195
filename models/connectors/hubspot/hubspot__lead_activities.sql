{{ connector_model() }}
-- One row per task done for a contact, and per meeting held with one.
select
    task_id as activity_id,
    contact_id as lead_id,
    task_type as activity_type,
    completed_at as occurred_at,
    owner_id as agent_id,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_tasks') }}
where _left_out_for is null
union all
select
    meeting_id as activity_id,
    contact_id as lead_id,
    'meeting' as activity_type,
    starts_at as occurred_at,
    owner_id as agent_id,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_meetings') }}
where
    is_contact
    and _left_out_for is null
