{{ connector_model() }}
-- One row per meeting and list.
with exported as (
    select
        {{ hubspot_object() }},
        exported.createdat as created_at,
        upper(replace({{ json_text('exported.properties', 'hs_meeting_outcome') }}, ' ', '_')) as outcome,
        coalesce(
            {{ json_text('exported.properties', 'hs_meeting_start_time') }},
            {{ json_text('exported.properties', 'hs_timestamp') }}
        ) as starting_time
    from {{ source('hubspot', 'meetings') }} as exported
)

select
    folder,
    object_id as meeting_id,
    contact_id,
    owner_id,
    outcome,
    created_at,
    {{ hubspot_instant('starting_time') }} as starts_at,
    outcome = 'COMPLETED' and contact_id is not null and listing = 1 as is_contact,
    updated_at,
    _file,
    _row,
    case when is_deleted then 'deleted in HubSpot' end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from exported
