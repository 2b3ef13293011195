{{ connector_model() }}
-- One row per member who signs on, and stretch of time in one state. After a call the member is taken for available: the log knows no wrap-up.
{%- set so_far = 'partition by folder, agent order by event_number rows between unbounded preceding and current row' %}
with events as (
    select
        *,
        event in ('COMPLETEAGENT', 'COMPLETECALLER', 'TRANSFER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER') as is_end_of_talk,
        row_number() over (partition by folder, agent order by event_at, _file, _row) as event_number
    from {{ ref('asterisk__read_queue_log') }}
    where
        _left_out_for is null
        and is_of_known_member
),

followed as (
    select
        *,
        sum(case
            when event in ('ADDMEMBER', 'AGENTLOGIN', 'AGENTCALLBACKLOGIN') then 1
            when event in ('REMOVEMEMBER', 'AGENTLOGOFF', 'AGENTCALLBACKLOGOFF') then -1
            else 0
        end) over ({{ so_far }}) as memberships,
        {%- set last_of = {
            'paused': "event in ('PAUSE', 'PAUSEALL')",
            'unpaused': "event in ('UNPAUSE', 'UNPAUSEALL', 'ADDMEMBER', 'AGENTLOGIN', 'AGENTCALLBACKLOGIN')",
            'connected': "event = 'CONNECT'",
            'ended': "is_end_of_talk",
        } %}
        {%- for name, condition in last_of.items() %}
        coalesce(max(case when {{ condition }} then event_number end) over ({{ so_far }}), 0) as last_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from events
),

reasons as (
    select
        followed.*,
        lower(pauses.data1) as pause_reason
    from followed
    left join events as pauses
        on
            followed.folder = pauses.folder
            and followed.agent = pauses.agent
            and followed.last_paused = pauses.event_number
),

states as (
    select
        *,
        case
            when memberships <= 0 then 'offline'
            when last_connected > last_ended then 'on_contact'
            when last_paused <= last_unpaused then 'available'
            when pause_reason like '%train%' or pause_reason like '%formation%' then 'training'
            when pause_reason like '%meeting%' or pause_reason like '%réunion%' then 'meeting'
            when pause_reason like '%wrap%' or pause_reason like '%acw%' then 'wrap'
            when pause_reason like '%break%' or pause_reason like '%lunch%' or pause_reason like '%pause%' then 'break'
            else 'other'
        end as agent_state
    from reasons
),

changes as (
    select
        *,
        lag(agent_state) over (partition by folder, agent order by event_number) as state_before
    from states
),

kept as (
    select
        *,
        lead(event_at) over (partition by folder, agent order by event_number) as next_event_at
    from changes
    where agent_state is distinct from state_before
)

-- Of several changes within one second the last one counts.
select
    agent as agent_id,
    {{ instant_text('event_at') }} as started_at,
    {{ instant_text('next_event_at') }} as ended_at,
    agent_state as state,
    _file,
    _row
from kept
where event_at is distinct from next_event_at
