-- One row per one-to-one meeting of an agent held up to as_of.
select
    cast(meeting_id as {{ dbt.type_string() }}) as meeting_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(meeting_date as date) as meeting_date,
    cast(held_at as timestamp) as held_at,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(minutes as decimal(18, 4)) as minutes
from {{ ref('int_one_on_ones') }}
