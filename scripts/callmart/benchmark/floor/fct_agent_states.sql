-- One row per agent state and local day it touches. One window finds the next state; that states overlap is found from the few that reach into their next one,
-- not by a second window. Few states overlap or pass midnight: the others are written as they stream by.
with followed as (
    select
        agent_id,
        started_at,
        state,
        queue_id,
        as_of,
        ended_at,
        lead(started_at) over (partition by agent_id order by started_at) as next_started_at
    from staging.stg_agent_states
    cross join intermediate.int_run
    where started_at <= as_of
),

midnights as (
    select
        calendar_date,
        timezone('Europe/Paris', cast(calendar_date as timestamp)) at time zone 'UTC' as day_starts_at,
        timezone('Europe/Paris', cast(calendar_date + 1 as timestamp)) at time zone 'UTC' as day_ends_at
    from marts.dim_dates
),

-- The local day in force when a UTC day begins, and the instant at which it ends.
utc_days as (
    select *
    from (
        select
            *,
            unnest([cast(day_starts_at as date), cast(day_ends_at as date)]) as utc_date
        from midnights
    )
    where
        day_starts_at <= cast(utc_date as timestamp)
        and day_ends_at > cast(utc_date as timestamp)
),

ended as materialized (
    select
        followed.agent_id,
        followed.started_at,
        least(coalesce(followed.ended_at, followed.next_started_at, followed.as_of), followed.as_of) as ended_at,
        followed.state,
        followed.queue_id,
        coalesce(least(followed.ended_at, followed.as_of) > followed.next_started_at, false) as is_overlapping,
        case when followed.started_at < utc_days.day_ends_at then utc_days.calendar_date else utc_days.calendar_date + 1 end as first_date
    from followed
    inner join utc_days
        on cast(followed.started_at as date) = utc_days.utc_date
),

overlapping as materialized (
    select
        agent_id,
        started_at,
        ended_at,
        cast(unnest(generate_series(cast(started_at as date), cast(ended_at as date), interval 1 day)) as date) as utc_date
    from ended
    where is_overlapping
),

not_alone as materialized (
    select
        agent_id,
        started_at
    from overlapping
    union
    select
        ended.agent_id,
        ended.started_at
    from ended
    inner join overlapping
        on
            ended.agent_id = overlapping.agent_id
            and cast(ended.started_at as date) = overlapping.utc_date
            and ended.started_at > overlapping.started_at
            and ended.started_at < overlapping.ended_at
),

pieces as (
    select
        ended.agent_id,
        ended.started_at,
        ended.state,
        ended.queue_id,
        ended.first_date as state_date,
        ended.started_at as piece_started_at,
        least(ended.ended_at, midnights.day_ends_at) as piece_ended_at
    from ended
    inner join midnights
        on ended.first_date = midnights.calendar_date
    where ended.ended_at > ended.started_at
    union all
    select
        ended.agent_id,
        ended.started_at,
        ended.state,
        ended.queue_id,
        midnights.calendar_date as state_date,
        midnights.day_starts_at as piece_started_at,
        least(ended.ended_at, midnights.day_ends_at) as piece_ended_at
    from (
        select *
        from ended
        where cast(ended_at as date) >= first_date
        and (ended_at - cast(first_date as timestamp) > interval 20 hour)
    ) as ended
    inner join midnights
        on
            ended.ended_at > midnights.day_starts_at
            and ended.first_date < midnights.calendar_date
),

placed as (
    select
        pieces.*,
        agents.team_id,
        agents.site,
        epoch_us(piece_started_at) as starts_us,
        epoch_us(piece_ended_at) as ends_us,
        cast((epoch_us(piece_ended_at) - epoch_us(piece_started_at)) / 1e6 as decimal(18, 6)) as state_seconds
    from pieces
    left join intermediate.int_agents__history as agents
        on
            pieces.agent_id = agents.agent_id
            and (agents.valid_from is null or pieces.state_date >= agents.valid_from)
            and (agents.valid_to is null or pieces.state_date < agents.valid_to)
)

select
    agent_id,
    started_at,
    state_date,
    state,
    queue_id,
    team_id,
    site,
    piece_started_at,
    piece_ended_at,
    state_seconds,
    case
        when state <> 'offline' then state_seconds
        else cast(0 as decimal(18, 6))
    end as logged_in_seconds,
    case
        when state in ('available', 'on_contact') then state_seconds
        else cast(0 as decimal(18, 6))
    end as available_or_on_contact_seconds,
    case
        when state in ('on_contact', 'wrap') then state_seconds
        else cast(0 as decimal(18, 6))
    end as occupied_seconds,
    case
        when state in ('available', 'on_contact', 'wrap') then state_seconds
        else cast(0 as decimal(18, 6))
    end as occupied_or_available_seconds,
    case
        when queue_id is null then null
        when state <> 'offline' then state_seconds
        else cast(0 as decimal(18, 6))
    end as queue_logged_in_seconds,
    case
        when queue_id is null then null
        when state in ('available', 'on_contact') then state_seconds
        else cast(0 as decimal(18, 6))
    end as queue_available_or_on_contact_seconds,
    case
        when queue_id is null then null
        when state in ('on_contact', 'wrap') then state_seconds
        else cast(0 as decimal(18, 6))
    end as queue_occupied_seconds,
    case
        when queue_id is null then null
        when state in ('available', 'on_contact', 'wrap') then state_seconds
        else cast(0 as decimal(18, 6))
    end as queue_occupied_or_available_seconds
from placed
anti join not_alone
    using (agent_id, started_at)
union all
select
    agent_id,
    started_at,
    state_date,
    state,
    queue_id,
    team_id,
    site,
    piece_started_at,
    piece_ended_at,
    state_seconds,
    case
        when not (state <> 'offline') then cast(0 as decimal(18, 6))
        when logged_in_until > starts_us then cast(greatest(0, ends_us - logged_in_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as logged_in_seconds,
    case
        when not (state in ('available', 'on_contact')) then cast(0 as decimal(18, 6))
        when available_or_on_contact_until > starts_us then cast(greatest(0, ends_us - available_or_on_contact_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as available_or_on_contact_seconds,
    case
        when not (state in ('on_contact', 'wrap')) then cast(0 as decimal(18, 6))
        when occupied_until > starts_us then cast(greatest(0, ends_us - occupied_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as occupied_seconds,
    case
        when not (state in ('available', 'on_contact', 'wrap')) then cast(0 as decimal(18, 6))
        when occupied_or_available_until > starts_us then cast(greatest(0, ends_us - occupied_or_available_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as occupied_or_available_seconds,
    case
        when queue_id is null then null
        when not (state <> 'offline') then cast(0 as decimal(18, 6))
        when queue_logged_in_until > starts_us then cast(greatest(0, ends_us - queue_logged_in_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as queue_logged_in_seconds,
    case
        when queue_id is null then null
        when not (state in ('available', 'on_contact')) then cast(0 as decimal(18, 6))
        when queue_available_or_on_contact_until > starts_us then cast(greatest(0, ends_us - queue_available_or_on_contact_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as queue_available_or_on_contact_seconds,
    case
        when queue_id is null then null
        when not (state in ('on_contact', 'wrap')) then cast(0 as decimal(18, 6))
        when queue_occupied_until > starts_us then cast(greatest(0, ends_us - queue_occupied_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as queue_occupied_seconds,
    case
        when queue_id is null then null
        when not (state in ('available', 'on_contact', 'wrap')) then cast(0 as decimal(18, 6))
        when queue_occupied_or_available_until > starts_us then cast(greatest(0, ends_us - queue_occupied_or_available_until) / 1e6 as decimal(18, 6))
        else state_seconds
    end as queue_occupied_or_available_seconds
from (
    select
        *,
        max(case when state <> 'offline' then ends_us end) over agent_day as logged_in_until,
        max(case when state in ('available', 'on_contact') then ends_us end) over agent_day as available_or_on_contact_until,
        max(case when state in ('on_contact', 'wrap') then ends_us end) over agent_day as occupied_until,
        max(case when state in ('available', 'on_contact', 'wrap') then ends_us end) over agent_day as occupied_or_available_until,
        max(case when state <> 'offline' then ends_us end) over queue_day as queue_logged_in_until,
        max(case when state in ('available', 'on_contact') then ends_us end) over queue_day as queue_available_or_on_contact_until,
        max(case when state in ('on_contact', 'wrap') then ends_us end) over queue_day as queue_occupied_until,
        max(case when state in ('available', 'on_contact', 'wrap') then ends_us end) over queue_day as queue_occupied_or_available_until
    from placed
    semi join not_alone
        using (agent_id, started_at)
    window
        agent_day as (
            partition by agent_id, state_date order by starts_us, started_at rows between unbounded preceding and 1 preceding
        ),
        queue_day as (
            partition by agent_id, state_date, queue_id order by starts_us, started_at rows between unbounded preceding and 1 preceding
        )
) as covered
