{{ connector_model() }}
-- One row per call of a page of the API, and per event of a webhook, whose call is its `data`.
{%- set instants = ['started_at', 'answered_at', 'ended_at'] %}
{%- set members = ['id', 'direction', 'missed_call_reason', 'raw_digits', 'voicemail', 'recording', 'tags'] %}
{%- set objects = ['number', 'user', 'transferred_by', 'contact'] %}
with documents as (
    select
        pages.event,
        pages.resource,
        {{ epoch_reading('pages.timestamp') }} as updated_at,
        {%- for name in instants + members %}
        coalesce({{ json_text('pages.data', name) }}, pages.{{ name }}) as {{ name }},
        {%- endfor %}
        {%- for name in objects %}
        coalesce({{ json_text('pages.data', name) }}, pages.{{ name }}) as {{ name }}_object,
        {%- endfor %}
        pages._file,
        pages._row
    from {{ source('aircall', 'calls') }} as pages
),

-- Instants come as Unix seconds, from some versions of the API as ISO text.
calls as (
    select
        *,
        {%- for name in instants %}
        coalesce({{ epoch_reading(name) }}, {{ name }}) as {{ name }}_text,
        {%- endfor %}
        {{ json_text('user_object', 'id') }} as agent_id,
        {{ json_text('transferred_by_object', 'id') }} as transferring_agent_id
    from documents
),

dispositions as (
    select
        calls._file,
        calls._row,
        min({{ json_text('items.item', 'name') }}) as disposition_code
    from calls
    cross join lateral {{ json_items('calls.tags') }} as items
    where {{ is_in_option(json_text('items.item', 'name'), 'aircall', 'disposition_tags', 'calls._file') }}
    group by calls._file, calls._row
)

select
    calls.id as call_id,
    lower(calls.direction) as direction,
    calls.answered_at is not null as is_answered,
    lower(calls.missed_call_reason) as missed_call_reason,
    calls.voicemail is not null as has_voicemail,
    calls.started_at_text as started_at,
    calls.answered_at_text as answered_at,
    calls.ended_at_text as ended_at,
    {{ seconds_between(parse_instant('calls.started_at_text'), parse_instant('coalesce(calls.answered_at_text, calls.ended_at_text)')) }} as wait_seconds,
    cast(null as bigint) as ivr_seconds,
    {{ json_text('calls.number_object', 'id') }} as queue_id,
    {{ json_text('calls.number_object', 'name') }} as queue_name,
    {{ json_text('calls.number_object', 'time_zone') }} as queue_timezone,
    {{ json_text('calls.number_object', 'digits') }} as line_number,
    calls.agent_id,
    {{ json_text('calls.user_object', 'name') }} as agent_name,
    -- A transfer that nobody took leaves the call with the one who tried.
    case when calls.transferring_agent_id <> calls.agent_id then calls.transferring_agent_id end as transferring_agent_id,
    {{ json_text('calls.transferred_by_object', 'name') }} as transferring_agent_name,
    {{ json_text('calls.contact_object', 'id') }} as customer_id,
    case when lower(calls.raw_digits) <> 'anonymous' then calls.raw_digits end as customer_number,
    dispositions.disposition_code,
    calls.recording is not null as is_recorded,
    cast(null as {{ dbt.type_string() }}) as disconnected_by,
    calls.updated_at,
    calls._file,
    calls._row,
    case
        when calls.event is not null and lower(calls.resource) <> 'call' then 'an event that is not of a call'
        when calls.id is not null and calls.ended_at is null then 'the call had not ended when it was handed over'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from calls
left join dispositions
    on
        calls._file = dispositions._file
        and calls._row = dispositions._row
