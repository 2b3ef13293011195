{{ connector_model() }}
-- One row per call detail record. A file that is exported again holds its earlier records once more: the n-th of several equal records of a file is the
-- n-th of an earlier file.
{%- set columns = [
    'src', 'dst', 'dcontext', 'channel', 'dstchannel', 'lastapp', 'call_start', 'call_answer', 'call_end', 'duration', 'billsec', 'disposition', 'uniqueid',
    'linkedid', 'sequence',
] | join(', ') %}
with records as (
    select
        {{ columns }},
        {{ first_folder('_file') }} as folder,
        _file,
        _row,
        row_number() over (partition by _file, {{ columns }} order by _row) as occurrence
    from {{ source('asterisk', 'cdr') }}
),

delivered as (
    select
        *,
        row_number() over (partition by folder, {{ columns }}, occurrence order by _file) as delivery
    from records
),

-- Calls to the members of a queue are records of their own in some versions, linked to the caller's.
queued as (
    select distinct
        {{ first_folder('_file') }} as folder,
        callid
    from {{ source('asterisk', 'queue_log') }}
    where event = 'ENTERQUEUE'
),

identified as (
    select
        delivered.*,
        case when queued.callid is not null then delivered.linkedid else nullif({{ trimmed('delivered.uniqueid') }}, '') end as call_id
    from delivered
    left join queued
        on
            delivered.folder = queued.folder
            and delivered.linkedid = queued.callid
)

select
    folder,
    src,
    dst,
    lower(dcontext) as context,
    nullif(nullif(channel, ''), 'NOT_AVAILABLE') as channel,
    nullif(nullif(dstchannel, ''), 'NOT_AVAILABLE') as called_channel,
    lower(lastapp) as last_application,
    {{ instant_of_clock('call_start', 'asterisk') }} as started_at,
    {{ instant_of_clock('call_answer', 'asterisk') }} as answered_at,
    {{ instant_of_clock('call_end', 'asterisk') }} as ended_at,
    {{ parse_whole_number('billsec') }} as billed_seconds,
    upper(disposition) as disposition,
    nullif(linkedid, '') as linked_id,
    call_id,
    _file,
    _row,
    case
        when delivery > 1 then 'the record was exported before'
        when call_id is null then 'a record without a unique id: set loguniqueid'
    end as _left_out_for,
    call_id as _made_into_id
from identified
