{{ config(materialized='view') }}
-- One row per one-to-one meeting of an agent held up to as_of, with the agent's team of that day.
with meetings as (
    select
        meetings.*,
        cast({{ utc_to_local('meetings.held_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as meeting_date
    from {{ ref('stg_one_on_ones') }} as meetings
    cross join {{ ref('int_run') }} as run
    where meetings.held_at <= run.as_of
)

select
    meetings.meeting_id,
    meetings.source_system,
    meetings.meeting_date,
    meetings.held_at,
    meetings.agent_id,
    agents.team_id,
    meetings.minutes
from meetings
left join {{ ref('int_agents__history') }} as agents
    on
        meetings.agent_id = agents.agent_id
        and {{ in_force('agents', 'meetings.meeting_date') }}
