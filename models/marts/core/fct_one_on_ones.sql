-- One row per one-to-one meeting of an agent held up to as_of.
with meetings as (
    select
        meetings.*,
        cast({{ utc_to_local('meetings.held_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as meeting_date
    from {{ ref('stg_one_on_ones') }} as meetings
    cross join {{ ref('int_run') }} as run
    where meetings.held_at <= run.as_of
)

select
    cast(meetings.meeting_id as {{ dbt.type_string() }}) as meeting_id,
    cast(meetings.source_system as {{ dbt.type_string() }}) as source_system,
    cast(meetings.meeting_date as date) as meeting_date,
    cast(meetings.held_at as timestamp) as held_at,
    cast(meetings.agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(agents.team_id as {{ dbt.type_string() }}) as team_id,
    cast(meetings.minutes as bigint) as minutes
from meetings
left join {{ ref('int_agents__history') }} as agents
    on
        meetings.agent_id = agents.agent_id
        and (agents.valid_from is null or meetings.meeting_date >= agents.valid_from)
        and (agents.valid_to is null or meetings.meeting_date < agents.valid_to)
