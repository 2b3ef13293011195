{{ connector_model() }}
-- One row per task and list.
with exported as (
    select
        {{ hubspot_object() }},
        upper({{ json_text('exported.properties', 'hs_task_status') }}) as status,
        upper({{ json_text('exported.properties', 'hs_task_type') }}) as task_type,
        {{ json_text('exported.properties', 'hs_task_completion_date') }} as completed
    from {{ source('hubspot', 'tasks') }} as exported
)

select
    object_id as task_id,
    contact_id,
    owner_id,
    lower(task_type) as task_type,
    {{ hubspot_instant('completed') }} as completed_at,
    updated_at,
    _file,
    _row,
    case
        when is_deleted then 'deleted in HubSpot'
        when listing > 1 then 'the task was listed again later'
        when task_type is null or task_type not in ('CALL', 'EMAIL') then 'a task that is neither a call nor an e-mail'
        when coalesce(status, '') <> 'COMPLETED' then 'the task is not completed'
        when contact_id is null then 'a task for no contact'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from exported
