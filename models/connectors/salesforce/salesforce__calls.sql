{{ connector_model() }}
-- One row per call logged as a task, of the types of calls that no telephone system hands over.
select
    id as call_id,
    call_type as direction,
    case
        when call_seconds > 0 or call_type = 'internal' then 'answered'
        when call_type = 'outbound' then 'no_answer'
        else 'abandoned'
    end as outcome,
    {{ instant_text('created_at') }} as started_at,
    call_seconds as talk_seconds,
    agent_id,
    lead_id,
    disposition_code,
    {{ instant_text('updated_at') }} as updated_at,
    _file,
    _row
from {{ ref('salesforce__read_tasks') }}
where
    _left_out_for is null
    and is_own_call
