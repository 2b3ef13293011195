-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        state_date as measure_date,
        agent_id,
        team_id,
        cast(floor(sum(logged_in_seconds)) as bigint) as logged_in_seconds,
        cast(floor(sum(available_or_on_contact_seconds)) as bigint) as available_or_on_contact_seconds,
        cast(floor(sum(occupied_seconds)) as bigint) as occupied_seconds,
        cast(floor(sum(occupied_or_available_seconds)) as bigint) as occupied_or_available_seconds
    from callmart.marts.fct_agent_states
    group by state_date, agent_id, team_id
),

daily_by_queue as (
    select
        state_date as measure_date,
        agent_id,
        queue_id,
        cast(floor(sum(queue_logged_in_seconds)) as bigint) as logged_in_seconds,
        cast(floor(sum(queue_available_or_on_contact_seconds)) as bigint) as available_or_on_contact_seconds,
        cast(floor(sum(queue_occupied_seconds)) as bigint) as occupied_seconds,
        cast(floor(sum(queue_occupied_or_available_seconds)) as bigint) as occupied_or_available_seconds
    from callmart.marts.fct_agent_states
    where
        queue_id is not null
    group by state_date, agent_id, queue_id
)

select
    measure_date,
    queue_id as queue,
    cast(logged_in_seconds as bigint) as logged_in_seconds,
    cast(available_or_on_contact_seconds as bigint) as available_or_on_contact_seconds,
    cast(occupied_seconds as bigint) as occupied_seconds,
    cast(occupied_or_available_seconds as bigint) as occupied_or_available_seconds
from daily_by_queue
