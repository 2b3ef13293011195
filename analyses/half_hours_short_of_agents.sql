-- Which half hours break the service level, and by how many agents?
-- Quelles demi-heures manquent le niveau de service, et de combien d'agents ?
--
-- One row per queue, weekday and local half hour that was under 80 % and had at least 20 calls, over all weeks with a call
-- in it. The load is the handle time that came in, in agents who would do nothing else; `agents_needed` adds the square
-- root of the load, a rule of thumb for 80 % in 20 seconds. `agents_there` are those signed in for the queue who were free
-- or on a contact.
with intervals as (
    select
        queue_id,
        interval_started_at,
        interval_started_at + interval 30 minute as interval_ended_at,
        extract('isodow' from local_interval_started_at) as iso_weekday,
        cast(local_interval_started_at as time) as local_time,
        offered_calls,
        answered_within_target_calls,
        coalesce(handle_seconds, 0) as handle_seconds
    from {{ ref('queue_intervals') }}
),

presence as (
    select
        intervals.queue_id,
        intervals.interval_started_at,
        sum(
            date_diff(
                'second',
                greatest(states.piece_started_at, intervals.interval_started_at),
                least(states.piece_ended_at, intervals.interval_ended_at)
            )
        ) as present_seconds
    from intervals
    inner join {{ ref('fct_agent_states') }} as states
        on
            intervals.queue_id = states.queue_id
            and intervals.interval_started_at < states.piece_ended_at
            and intervals.interval_ended_at > states.piece_started_at
    where states.queue_available_or_on_contact_seconds > 0
    group by intervals.queue_id, intervals.interval_started_at
),

patterns as (
    select
        intervals.queue_id,
        intervals.iso_weekday,
        intervals.local_time,
        count(*) as half_hours,
        sum(intervals.offered_calls) as offered_calls,
        sum(intervals.answered_within_target_calls) as answered_within_target_calls,
        avg(intervals.handle_seconds) / 1800 as load_in_agents,
        avg(coalesce(presence.present_seconds, 0)) / 1800 as agents_there
    from intervals
    left join presence
        on
            intervals.queue_id = presence.queue_id
            and intervals.interval_started_at = presence.interval_started_at
    group by intervals.queue_id, intervals.iso_weekday, intervals.local_time
)

select
    queue_id,
    iso_weekday,
    local_time,
    half_hours,
    offered_calls,
    100.0 * answered_within_target_calls / offered_calls as service_level,
    load_in_agents,
    agents_there,
    ceil(load_in_agents + sqrt(load_in_agents)) as agents_needed,
    greatest(ceil(load_in_agents + sqrt(load_in_agents)) - agents_there, 0) as agents_missing
from patterns
where
    offered_calls >= 20
    and 100.0 * answered_within_target_calls < 80 * offered_calls
order by agents_missing desc, offered_calls desc, queue_id asc, iso_weekday asc, local_time asc

-- Conclude: move breaks and meetings out of the half hours at the top first, and shift starts next. Where no agent is
-- missing and the level is low all the same, agents are there and not free: look at wrap time and at the routing.
