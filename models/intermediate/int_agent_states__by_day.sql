-- One row per agent state and local day it touches. Where states of one agent overlap, each second counts once, in the state that began first.
with states as (
    select
        states.agent_id,
        states.started_at,
        states.state,
        states.queue_id,
        least(
            coalesce(
                states.ended_at,
                lead(states.started_at) over (partition by states.agent_id order by states.started_at asc),
                run.as_of
            ),
            run.as_of
        ) as ended_at
    from {{ ref('stg_agent_states') }} as states
    cross join {{ ref('int_run') }} as run
    where states.started_at <= run.as_of
),

-- Midnights of the reporting time zone, in UTC.
midnights as (
    select
        calendar_date,
        {{ local_to_utc('cast(calendar_date as timestamp)', "'" ~ var('reporting_timezone') ~ "'") }} as day_starts_at,
        {{ local_to_utc('cast(' ~ plus_days('calendar_date', 1) ~ ' as timestamp)', "'" ~ var('reporting_timezone') ~ "'") }} as day_ends_at
    from {{ ref('dim_dates') }}
),

pieces as (
    select
        states.agent_id,
        states.started_at,
        states.state,
        states.queue_id,
        midnights.calendar_date as state_date,
        greatest(states.started_at, midnights.day_starts_at) as piece_started_at,
        least(states.ended_at, midnights.day_ends_at) as piece_ended_at
    from states
    inner join midnights
        on states.started_at < midnights.day_ends_at and states.ended_at > midnights.day_starts_at
),

covered as (
    select
        *,
        case
            when state <> 'offline' then max(case when state <> 'offline' then piece_ended_at end) over (
                partition by agent_id, state_date
                order by piece_started_at asc, started_at asc
                rows between unbounded preceding and 1 preceding
            )
        end as logged_in_until
    from pieces
),

final as (
    select
        covered.*,
        agents.team_id,
        agents.site,
        case
            when covered.state = 'offline' then 0
            when covered.logged_in_until is null then {{ seconds_between('covered.piece_started_at', 'covered.piece_ended_at') }}
            else greatest(0, {{ seconds_between('greatest(covered.piece_started_at, covered.logged_in_until)', 'covered.piece_ended_at') }})
        end as logged_in_seconds
    from covered
    left join {{ ref('int_agents__history') }} as agents
        on
            covered.agent_id = agents.agent_id
            and (agents.valid_from is null or covered.state_date >= agents.valid_from)
            and (agents.valid_to is null or covered.state_date < agents.valid_to)
)

select * from final
