{{ connector_model() }}
-- One row per agent and stretch of time in one state, until the next event that changes it.
with events as (
    select
        *,
        {{ first_folder('_file') }} as folder,
        lag(agent_state) over (partition by {{ first_folder('_file') }}, agent_username order by event_at nulls last, _file, _row) as state_before
    from {{ ref('amazon_connect__read_agent_events') }}
    where _left_out_for is null
),

changes as (
    select
        *,
        lead(event_at) over (partition by folder, agent_username order by event_at nulls last, _file, _row) as next_event_at
    from events
    where agent_state is distinct from state_before
)

select
    agent_username as agent_id,
    event_at as started_at,
    next_event_at as ended_at,
    agent_state as state,
    _file,
    _row
from changes
