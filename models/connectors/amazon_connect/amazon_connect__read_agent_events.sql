{{ connector_model() }}
-- One row per delivery of an agent event: the state the agent is in from then on. A contact at hand counts before the status the agent has chosen.
with events as (
    select
        eventid as event_id,
        upper(eventtype) as event_type,
        eventtimestamp as event_at,
        agentarn as agent_arn,
        coalesce(
            nullif({{ trimmed(json_text('currentagentsnapshot', 'Configuration.Username')) }}, ''),
            nullif({{ trimmed(json_text('previousagentsnapshot', 'Configuration.Username')) }}, '')
        ) as agent_username,
        lower({{ json_text('currentagentsnapshot', 'AgentStatus.Name') }}) as status,
        {{ json_text('currentagentsnapshot', 'Contacts') }} as contacts,
        _file,
        _row,
        row_number() over (partition by {{ first_folder('_file') }}, eventid order by _file, _row) as delivery
    from {{ source('amazon_connect', 'agent_events') }}
)

select
    event_id,
    event_type,
    event_at,
    agent_username,
    case
        when event_type = 'LOGOUT' or status is null or status = 'offline' then 'offline'
        when contacts like '%"CONNECTED%' or contacts like '%"CONNECTING"%' or contacts like '%"INCOMING"%' then 'on_contact'
        when contacts like '%"ENDED"%' then 'wrap'
        when status = 'available' then 'available'
        when status like '%break%' or status like '%lunch%' or status like '%pause%' then 'break'
        when status like '%training%' or status like '%formation%' then 'training'
        when status like '%meeting%' or status like '%réunion%' then 'meeting'
        else 'other'
    end as agent_state,
    _file,
    _row,
    case
        when event_id is not null and delivery > 1 then 'the event was delivered before'
        when event_type = 'HEART_BEAT' then 'a heart beat changes no state'
        when agent_username is null then 'an event that does not name the agent'
    end as _left_out_for,
    agent_username as _made_into_id
from events
