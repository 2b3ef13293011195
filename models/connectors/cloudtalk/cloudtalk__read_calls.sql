{{ connector_model() }}
-- One row per call of the call history, its documents taken apart.
with dispositions as (
    select
        calls._file,
        calls._row,
        min({{ json_text('items.item', 'name') }}) as disposition_code
    from {{ source('cloudtalk', 'calls') }} as calls
    cross join lateral {{ json_items('calls.tags') }} as items
    where {{ is_in_option(json_text('items.item', 'name'), 'cloudtalk', 'disposition_tags', 'calls._file') }}
    group by calls._file, calls._row
),

teams as (
    select
        calls._file,
        calls._row,
        min(items.item) as team_id
    from {{ source('cloudtalk', 'calls') }} as calls
    cross join lateral {{ json_items('calls.agent', 'groups') }} as items
    where {{ is_in_option('items.item', 'cloudtalk', 'team_groups', 'calls._file') }}
    group by calls._file, calls._row
)

select
    {{ json_text('calls.cdr', 'id') }} as call_id,
    case lower({{ json_text('calls.cdr', 'type') }})
        when 'incoming' then 'inbound'
        when 'outgoing' then 'outbound'
        else lower({{ json_text('calls.cdr', 'type') }})
    end as direction,
    {{ json_text('calls.cdr', 'started_at') }} as started_at,
    {{ json_text('calls.cdr', 'answered_at') }} as answered_at,
    {{ json_text('calls.cdr', 'ended_at') }} as ended_at,
    {{ json_text('calls.cdr', 'waiting_time') }} as waiting_time,
    {{ json_text('calls.cdr', 'talking_time') }} as talking_time,
    {{ json_text('calls.cdr', 'wrapup_time') }} as wrapup_time,
    {{ json_text('calls.cdr', 'is_voicemail') }} = 'true' as is_voicemail,
    nullif({{ json_text('calls.cdr', 'transferred_from') }}, '') is not null as is_transferred_here,
    {{ json_text('calls.cdr', 'recorded') }} as is_recorded,
    {{ json_text('calls.cdr', 'public_external') }} as customer_number,
    {{ json_text('calls.cdr', 'public_internal') }} as line_number,
    {{ json_text('calls.callnumber', 'id') }} as queue_id,
    {{ json_text('calls.callnumber', 'internal_name') }} as queue_name,
    nullif({{ json_text('calls.agent', 'id') }}, '') as described_agent_id,
    coalesce(nullif({{ json_text('calls.agent', 'id') }}, ''), nullif({{ json_text('calls.cdr', 'user_id') }}, '')) as agent_id,
    nullif({{ json_text('calls.agent', 'fullname') }}, '(unknown)') as agent_name,
    teams.team_id,
    {{ json_text('calls.contact', 'id') }} as customer_id,
    dispositions.disposition_code,
    calls._file,
    calls._row,
    case
        when {{ json_text('calls.cdr', 'fax_email') }} not in ('', '0') then 'a fax is no call'
        when {{ json_text('calls.cdr', 'id') }} is not null and {{ json_text('calls.cdr', 'ended_at') }} is null
            then 'the call had not ended when it was handed over'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('cloudtalk', 'calls') }} as calls
left join dispositions
    on
        calls._file = dispositions._file
        and calls._row = dispositions._row
left join teams
    on
        calls._file = teams._file
        and calls._row = teams._row
