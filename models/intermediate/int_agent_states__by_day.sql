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

-- Nearly every state begins and ends on one local day; only the others are joined with the calendar on a range.
begun as (
    select
        states.*,
        midnights.calendar_date as first_date,
        midnights.day_ends_at as first_day_ends_at
    from states
    inner join {{ ref('int_timezone_days') }} as days
        on days.timezone = '{{ var('reporting_timezone') }}' and cast(states.started_at as date) = days.utc_date
    inner join midnights
        on
            cast({{ plus_seconds('states.started_at', 'case
                when states.started_at < days.offset_changes_at then days.offset_before_seconds
                else days.offset_after_seconds
            end') }} as date) = midnights.calendar_date
    where states.ended_at > states.started_at
),

pieces as (
    select
        agent_id,
        started_at,
        state,
        queue_id,
        first_date as state_date,
        started_at as piece_started_at,
        ended_at as piece_ended_at
    from begun
    where ended_at <= first_day_ends_at
    union all
    select
        begun.agent_id,
        begun.started_at,
        begun.state,
        begun.queue_id,
        midnights.calendar_date as state_date,
        greatest(begun.started_at, midnights.day_starts_at) as piece_started_at,
        least(begun.ended_at, midnights.day_ends_at) as piece_ended_at
    from begun
    inner join midnights
        on begun.started_at < midnights.day_ends_at and begun.ended_at > midnights.day_starts_at
    where begun.ended_at > begun.first_day_ends_at
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
