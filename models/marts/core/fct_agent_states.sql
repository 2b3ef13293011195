-- One row per agent state and local day it touches. Where states of one agent overlap, each second counts once, in the state that began first.
select
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(started_at as timestamp) as started_at,
    cast(state_date as date) as state_date,
    cast(state as {{ dbt.type_string() }}) as state,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(piece_started_at as timestamp) as piece_started_at,
    cast(piece_ended_at as timestamp) as piece_ended_at,
    cast({{ seconds_between('piece_started_at', 'piece_ended_at') }} as bigint) as state_seconds,
    cast(logged_in_seconds as bigint) as logged_in_seconds
from {{ ref('int_agent_states__by_day') }}
