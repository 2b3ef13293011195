{{ connector_model() }}
-- One row per task that was done for a lead, and per event with one.
select
    id as activity_id,
    lead_id,
    activity_type,
    {{ instant_text('done_at') }} as occurred_at,
    agent_id,
    disposition_code,
    case when is_to_a_list then true end as is_automated,
    {{ instant_text('updated_at') }} as updated_at,
    _file,
    _row
from {{ ref('salesforce__read_tasks') }}
where
    _left_out_for is null
    and not is_own_call
union all
select
    id as activity_id,
    lead_id,
    'meeting' as activity_type,
    {{ instant_text('begins_at') }} as occurred_at,
    agent_id,
    cast(null as {{ dbt.type_string() }}) as disposition_code,
    false as is_automated,
    {{ instant_text('updated_at') }} as updated_at,
    _file,
    _row
from {{ ref('salesforce__read_events') }}
where _left_out_for is null
