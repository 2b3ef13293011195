{{ connector_model() }}
-- One row per extension and file.
select
    id as extension_id,
    name as extension_name,
    lower(type) = 'department' as is_queue,
    lower(type) in ('user', 'digitaluser', 'virtualuser', 'flexibleuser', 'limited') as is_user,
    {{ json_text('contact', 'department') }} as department,
    {{ json_text('site', 'name') }} as site,
    _file,
    _row,
    case
        when coalesce(lower(type) not in ('department', 'user', 'digitaluser', 'virtualuser', 'flexibleuser', 'limited'), true)
            then 'an extension that is neither a user nor a call queue'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('ringcentral', 'extensions') }}
