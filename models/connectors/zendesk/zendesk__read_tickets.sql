{{ connector_model() }}
-- One row per delivery of a ticket: it is exported again whenever it changes, and later deliveries supersede earlier ones.
select
    id,
    {{ parse_instant('created_at') }} as created_at,
    coalesce({{ epoch_reading('generated_timestamp') }}, updated_at) as updated_at,
    lower(status) as status,
    lower({{ json_text('via', 'channel') }}) as via_channel,
    priority,
    group_id,
    assignee_id,
    requester_id,
    coalesce(tags like '%"closed_by_merge"%', false) as is_merged,
    metric_set,
    _file,
    _row,
    cast(null as {{ dbt.type_string() }}) as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('zendesk', 'tickets') }}
