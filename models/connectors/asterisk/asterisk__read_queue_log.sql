{{ connector_model() }}
-- One row per event: of which visit of a call to a queue it is, or of which member.
{%- set columns = 'event_time, callid, queuename, agent, event, data1, data2, data3, data4, data5' %}
{%- set sign_ons = "('ADDMEMBER', 'AGENTLOGIN', 'AGENTCALLBACKLOGIN')" %}
{%- set of_members = "('ADDMEMBER', 'REMOVEMEMBER', 'AGENTLOGIN', 'AGENTLOGOFF', 'AGENTCALLBACKLOGIN', 'AGENTCALLBACKLOGOFF', 'PAUSE', 'UNPAUSE',
    'PAUSEALL', 'UNPAUSEALL', 'PENALTY')" %}
{%- set ends = "('COMPLETEAGENT', 'COMPLETECALLER', 'ABANDON', 'EXITWITHTIMEOUT', 'EXITWITHKEY', 'EXITEMPTY', 'AGENTDUMP', 'TRANSFER', 'BLINDTRANSFER',
    'ATTENDEDTRANSFER')" %}
with lines as (
    select
        event_time,
        nullif({{ trimmed('callid') }}, '') as callid,
        queuename,
        nullif({{ trimmed('agent') }}, '') as agent,
        event,
        data1,
        data2,
        data3,
        data4,
        data5,
        {{ first_folder('_file') }} as folder,
        _file,
        _row
    from {{ source('asterisk', 'queue_log') }}
),

counted as (
    select
        *,
        row_number() over (partition by _file, {{ columns }} order by _row) as occurrence
    from lines
),

delivered as (
    select
        *,
        row_number() over (partition by folder, {{ columns }}, occurrence order by _file) as delivery,
        coalesce({{ instant_of_epoch('event_time') }}, {{ instant_of_clock('event_time', 'asterisk') }}) as event_at
    from counted
),

-- What cannot be placed in time, or says of nobody what happened, tells nothing of other lines.
judged as (
    select
        *,
        case
            when delivery > 1 then 'the line was exported before'
            when event in ('QUEUESTART', 'CONFIGRELOAD', 'SYSCOMPAT') then 'a note of the server on itself'
            when event_at is null then 'a line without a time'
            when event in {{ of_members }} then case when agent is null then 'an event of a member without a name' end
            when callid is null then 'an event of a call without an id'
        end as unplaced_for
    from delivered
),

placed as (
    select
        *,
        sum(case when event = 'ENTERQUEUE' then 1 else 0 end) over (
            partition by folder, callid order by event_at, _file, _row rows between unbounded preceding and current row
        ) as entries_so_far,
        max(case when event = 'ENTERQUEUE' then 1 else 0 end) over (partition by folder, callid) as has_entry,
        max(case when event in {{ ends }} then 1 else 0 end) over (partition by folder, callid) as has_end,
        max(case when event in {{ sign_ons }} then 1 else 0 end) over (partition by folder, agent) as has_sign_on
    from judged
    where unplaced_for is null
),

detailed as (
    select distinct
        folder,
        call_id
    from {{ ref('asterisk__read_cdr') }}
),

numbered as (
    select
        placed.folder,
        placed.event_at,
        placed.callid,
        placed.queuename,
        placed.agent,
        placed.event,
        placed.data1,
        placed.data2,
        placed.data3,
        placed.data4,
        placed.data5,
        placed.event in {{ of_members }} as is_of_member,
        placed.has_sign_on = 1 as is_of_known_member,
        -- The number that was dialled is noted before the caller enters the queue.
        cast(greatest(placed.entries_so_far, 1) as bigint) as visit,
        placed._file,
        placed._row,
        case
            when placed.event in {{ of_members }}
                then case when placed.has_sign_on = 0 then 'a member who never signs on: presence is unknown' end
            when placed.has_entry = 0 then 'an event of a call that entered no queue'
            when placed.has_end = 0 and detailed.call_id is null then 'the call had not ended when the log was exported'
        end as _left_out_for
    from placed
    left join detailed
        on
            placed.folder = detailed.folder
            and placed.callid = detailed.call_id
    union all
    select
        folder,
        event_at,
        callid,
        queuename,
        agent,
        event,
        data1,
        data2,
        data3,
        data4,
        data5,
        false as is_of_member,
        false as is_of_known_member,
        cast(null as bigint) as visit,
        _file,
        _row,
        unplaced_for as _left_out_for
    from judged
    where unplaced_for is not null
)

select
    *,
    case
        when is_of_member then agent
        when visit > 1 then callid || '-' || cast(visit as {{ dbt.type_string() }})
        else callid
    end as _made_into_id
from numbered
