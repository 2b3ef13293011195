{{ connector_model() }}
-- One row per visit of a call to a queue, and per call that entered none.
{%- set text = dbt.type_string() %}
with events as (
    select
        *,
        event in ('COMPLETEAGENT', 'COMPLETECALLER', 'TRANSFER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER') as is_end_of_talk,
        event in ('ABANDON', 'EXITWITHTIMEOUT', 'EXITWITHKEY', 'EXITEMPTY', 'AGENTDUMP') as is_exit
    from {{ ref('asterisk__read_queue_log') }}
    where
        _left_out_for is null
        and not is_of_member
),

visits as (
    select
        folder,
        callid,
        visit,
        _made_into_id as call_id,
        max(case when event = 'ENTERQUEUE' then queuename end) as queuename,
        max(case when event = 'ENTERQUEUE' then data2 end) as caller,
        max(case when event = 'DID' then data1 end) as dialled_number,
        min(case when event = 'ENTERQUEUE' then event_at end) as queued_at,
        min(case when event = 'CONNECT' then event_at end) as connected_at,
        max(case when is_end_of_talk or is_exit then event_at end) as left_at,
        max(case when event = 'CONNECT' then agent end) as agent,
        max(case when event = 'CONNECT' then {{ parse_whole_number('data1') }} end) as hold_time,
        max(case when event = 'CONNECT' then {{ parse_whole_number('data3') }} end) as ring_time,
        max(case when is_exit then event end) as exit_event,
        max(case event
            when 'ABANDON' then {{ parse_whole_number('data3') }}
            when 'EXITWITHTIMEOUT' then {{ parse_whole_number('data3') }}
            when 'EXITEMPTY' then {{ parse_whole_number('data3') }}
            when 'EXITWITHKEY' then {{ parse_whole_number('data4') }}
        end) as wait_until_exit,
        max(case
            when event in ('COMPLETEAGENT', 'COMPLETECALLER') then {{ parse_whole_number('data2') }}
            when event in ('TRANSFER', 'BLINDTRANSFER') then {{ parse_whole_number('data4') }}
        end) as call_time,
        max(case event when 'COMPLETEAGENT' then 'agent' when 'COMPLETECALLER' then 'customer' when 'ABANDON' then 'customer' end) as ended_by
    from events
    group by folder, callid, visit, _made_into_id
),

-- The row a leg is known by: that of its entry into the queue, or its first record.
entries as (
    select
        folder,
        _made_into_id as call_id,
        _file,
        _row,
        row_number() over (partition by folder, _made_into_id order by case when event = 'ENTERQUEUE' then 0 else 1 end, event_at, _file, _row) as line_rank
    from events
),

records as (
    select
        *,
        coalesce(
            disposition = 'ANSWERED'
            and coalesce(last_application, '') not in (
                'queue', 'voicemail', 'voicemailmain', 'playback', 'background', 'read', 'waitexten', 'ivr', 'musiconhold', 'congestion', 'busy'
            ), false
        ) as is_talked,
        row_number() over (partition by folder, call_id order by started_at nulls last, answered_at nulls last, _file, _row) as record_rank
    from {{ ref('asterisk__read_cdr') }}
    where _left_out_for is null
),

details as (
    select
        folder,
        call_id,
        min(linked_id) as linked_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        min(case when is_talked then answered_at end) as answered_at,
        max(case when is_talked then ended_at end) as talked_until,
        sum(case when is_talked then 1 else 0 end) as talks,
        max(case when is_talked then billed_seconds end) as billed_seconds,
        max(case when is_talked then coalesce(called_channel, '') end) as talked_channel,
        max(case when last_application in ('voicemail', 'voicemailmain') then 1 else 0 end) as went_to_voicemail,
        max(case when disposition = 'ANSWERED' then 1 else 0 end) as is_picked_up,
        max(case when disposition = 'BUSY' then 1 else 0 end) as met_busy,
        min(case when disposition in ('FAILED', 'CONGESTION') then 1 else 0 end) as is_failed,
        max(case when record_rank = 1 then src end) as src,
        max(case when record_rank = 1 then dst end) as dst,
        max(case when record_rank = 1 then context end) as context,
        max(case when record_rank = 1 then channel end) as channel,
        max(case when record_rank = 1 then _file end) as _file,
        max(case when record_rank = 1 then _row end) as _row
    from records
    group by folder, call_id
),

queued as (
    select
        visits.*,
        entries._file,
        entries._row,
        details.linked_id,
        details.started_at,
        details.ended_at as channel_ended_at,
        details.src,
        coalesce(visits.dialled_number, details.dst) as dialled,
        coalesce(details.went_to_voicemail, 0) = 1 as went_to_voicemail,
        lead(visits.call_id) over (partition by visits.folder, visits.callid order by visits.visit) as next_call_id,
        lag(visits.call_id) over (partition by visits.folder, visits.callid order by visits.visit) as call_id_before
    from visits
    inner join entries
        on
            visits.folder = entries.folder
            and visits.call_id = entries.call_id
            and entries.line_rank = 1
    left join details
        on
            visits.folder = details.folder
            and visits.callid = details.call_id
),

-- A transfer that the log does not see leaves the talk longer than the caller's own channel lived.
measured as (
    select
        *,
        coalesce(left_at, channel_ended_at) as last_known_at,
        case
            when connected_at is null then null
            when channel_ended_at < {{ plus_seconds('connected_at', 'coalesce(call_time, 0)') }}
                then {{ seconds_between('connected_at', 'channel_ended_at') }}
            else coalesce(call_time, {{ seconds_between('connected_at', 'coalesce(left_at, channel_ended_at)') }})
        end as talk_seconds
    from queued
),

direct as (
    select
        details.*,
        case
            when {{ is_in_option('details.context', 'asterisk', 'internal_contexts', 'details._file') }} then 'internal'
            when {{ is_in_option('details.context', 'asterisk', 'outbound_contexts', 'details._file') }} then 'outbound'
            when details.context in ('from-internal', 'outbound', 'outgoing', 'macro-dialout-trunk')
                then case when length(details.src) < 6 and length(details.dst) < 6 then 'internal' else 'outbound' end
            else 'inbound'
        end as direction
    from details
    left join visits
        on
            details.folder = visits.folder
            and details.call_id = visits.callid
    where visits.callid is null
),

legs as (
    select
        call_id,
        coalesce(linked_id, callid) as interaction_id,
        call_id_before as previous_call_id,
        'inbound' as direction,
        case
            when connected_at is not null then 'answered'
            when exit_event = 'ABANDON' then 'abandoned'
            when exit_event = 'AGENTDUMP' then 'failed'
            when exit_event is null then 'abandoned'
            when next_call_id is not null then 'overflowed'
            when went_to_voicemail then 'voicemail'
            when exit_event = 'EXITWITHTIMEOUT' then 'timed_out'
            else 'overflowed'
        end as outcome,
        case when visit = 1 then least(coalesce(started_at, queued_at), queued_at) else queued_at end as started_at,
        queued_at,
        connected_at as answered_at,
        case
            when channel_ended_at < last_known_at and channel_ended_at >= coalesce(connected_at, queued_at) then channel_ended_at
            else last_known_at
        end as ended_at,
        case when visit = 1 and started_at <= queued_at then {{ seconds_between('started_at', 'queued_at') }} end as ivr_seconds,
        coalesce(hold_time, wait_until_exit) as wait_seconds,
        ring_time as ring_seconds,
        talk_seconds,
        queuename as queue_id,
        agent as agent_id,
        coalesce(nullif(caller, ''), src) as from_number,
        dialled as to_number,
        dialled as dialled_number,
        coalesce(ended_by, 'system') as disconnected_by,
        _file,
        _row
    from measured
    union all
    select
        call_id,
        coalesce(linked_id, call_id) as interaction_id,
        cast(null as {{ text }}) as previous_call_id,
        direction,
        case
            when talks > 0 then 'answered'
            when direction = 'outbound'
                then case when met_busy = 1 then 'busy' when is_failed = 1 then 'failed' else 'no_answer' end
            when went_to_voicemail = 1 and is_picked_up = 1 then 'voicemail'
            when is_picked_up = 1 then 'abandoned_ivr'
            when is_failed = 1 then 'failed'
            else 'abandoned'
        end as outcome,
        started_at,
        cast(null as timestamp) as queued_at,
        answered_at,
        ended_at,
        cast(null as bigint) as ivr_seconds,
        cast(null as bigint) as wait_seconds,
        case when talks > 0 then {{ seconds_between('started_at', 'answered_at') }} end as ring_seconds,
        case
            when talks = 1 then billed_seconds
            when talks > 1 then {{ seconds_between('answered_at', 'talked_until') }}
        end as talk_seconds,
        cast(null as {{ text }}) as queue_id,
        nullif({{ dbt.split_part("case when direction = 'outbound' then channel else talked_channel end", "'-'", 1) }}, '') as agent_id,
        src as from_number,
        dst as to_number,
        case when direction = 'inbound' then dst end as dialled_number,
        cast(null as {{ text }}) as disconnected_by,
        _file,
        _row
    from direct
)

select
    call_id,
    interaction_id,
    previous_call_id,
    direction,
    outcome,
    {%- for name in ['started_at', 'queued_at', 'answered_at', 'ended_at'] %}
    {{ instant_text(name) }} as {{ name }},
    {%- endfor %}
    ivr_seconds,
    wait_seconds,
    ring_seconds,
    talk_seconds,
    queue_id,
    agent_id,
    from_number,
    to_number,
    dialled_number,
    disconnected_by,
    _file,
    _row
from legs
