{{ connector_model() }}
-- One row per version of a record of the call log; the newest version is read on.
with versions as (
    select
        log.*,
        row_number() over (
            partition by {{ first_folder('log._file') }}, log.id
            order by log.lastmodifiedtime desc nulls last, log._file desc, log._row desc
        ) as version_rank
    from {{ source('ringcentral', 'call_log') }} as log
),

parties as (
    select
        versions.*,
        {{ json_text('versions.from', 'phoneNumber') }} as from_number,
        {{ json_text('versions.to', 'phoneNumber') }} as to_number,
        {{ json_text('versions.from', 'extensionId') }} as from_extension_id,
        coalesce({{ json_text('versions.from', 'extensionNumber') }}, {{ json_text('versions.from', 'extensionId') }}) is not null as is_from_extension,
        coalesce({{ json_text('versions.to', 'extensionNumber') }}, {{ json_text('versions.to', 'extensionId') }}) is not null as is_to_extension,
        {{ json_text('versions.transferee', 'telephonySessionId') }} as transferred_session_id
    from versions
)

select
    id as record_id,
    coalesce(transferred_session_id, telephonysessionid, sessionid) as session_id,
    -- What one extension calls another is internal, but for the customer whom a colleague passes on.
    case
        when lower(direction) = 'inbound'
            then case when is_from_extension and transferred_session_id is null then 'internal' else 'inbound' end
        when is_to_extension then 'internal'
        else lower(direction)
    end as direction,
    lower(result) as result,
    lower(reason) as reason,
    starttime as started_at,
    coalesce({{ seconds_of_milliseconds('durationms') }}, {{ parse_whole_number('duration') }}) as seconds,
    from_number,
    to_number,
    coalesce(from_extension_id, {{ json_text('extension', 'id') }}) as caller_id,
    legs,
    recording is not null as is_recorded,
    lastmodifiedtime as updated_at,
    _file,
    _row,
    case
        when id is not null and version_rank > 1 then 'a later version of the record was handed over'
        when lower(deleted) = 'true' then 'the record was deleted'
        when lower(type) = 'fax' then 'a fax is no call'
        when lower(result) = 'in progress' then 'the call had not ended when it was handed over'
        when lower(action) in ('monitoring', 'barge in call') then 'a supervisor listening in is no call'
        when lower(result) = 'blocked' then 'a call from a blocked number'
        when coalesce(legs, '[]') = '[]' then 'a record without legs: it needs the detailed view'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from parties
