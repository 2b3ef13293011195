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
)

select
    delivered.folder,
    delivered.src,
    delivered.dst,
    lower(delivered.dcontext) as context,
    nullif(nullif(delivered.channel, ''), 'NOT_AVAILABLE') as channel,
    nullif(nullif(delivered.dstchannel, ''), 'NOT_AVAILABLE') as called_channel,
    lower(delivered.lastapp) as last_application,
    {{ instant_of_clock('delivered.call_start', 'asterisk', 'delivered._file') }} as started_at,
    {{ instant_of_clock('delivered.call_answer', 'asterisk', 'delivered._file') }} as answered_at,
    {{ instant_of_clock('delivered.call_end', 'asterisk', 'delivered._file') }} as ended_at,
    {{ parse_whole_number('delivered.billsec') }} as billed_seconds,
    upper(delivered.disposition) as disposition,
    nullif(delivered.linkedid, '') as linked_id,
    case when queued.callid is not null then delivered.linkedid else nullif(delivered.uniqueid, '') end as call_id,
    delivered._file,
    delivered._row,
    case when delivered.delivery > 1 then 'the record was exported before' end as _left_out_for,
    case when queued.callid is not null then delivered.linkedid else nullif(delivered.uniqueid, '') end as _made_into_id
from delivered
left join queued
    on
        delivered.folder = queued.folder
        and delivered.linkedid = queued.callid
