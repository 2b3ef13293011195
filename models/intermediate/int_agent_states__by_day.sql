{{ config(materialized='view') }}
-- One row per agent state and local day it touches, with what it adds to the time of its agent in each kind of state, and to that of its agent and queue.
-- An agent in two such states at once spends a second once: it goes to the state that began first.
{%- set kinds = {
    'logged_in': "state <> 'offline'",
    'available_or_on_contact': "state in ('available', 'on_contact')",
    'occupied': "state in ('on_contact', 'wrap')",
    'occupied_or_available': "state in ('available', 'on_contact', 'wrap')",
} %}
with touched as (
    select
        agent_id,
        min(read_from) as read_from
    from {{ ref('touched_agents') }}
    group by agent_id
),

-- In a full refresh every state, else those of touched agents from the touched day on.
followed as (
    select
        states.agent_id,
        states.started_at,
        states.ended_at,
        states.state,
        states.queue_id,
        run.as_of,
        lead(states.started_at) over (partition by states.agent_id order by states.started_at asc) as next_started_at
    from {{ ref('stg_agent_states') }} as states
    cross join {{ ref('int_run') }} as run
    cross join {{ source('landing', 'run') }} as landing
    left join touched
        on states.agent_id = touched.agent_id
    where
        states.started_at <= run.as_of
        and (
            landing.is_full_refresh
            or states.started_at >= touched.read_from
        )
),

ended as (
    select
        agent_id,
        started_at,
        state,
        queue_id,
        next_started_at,
        least(coalesce(ended_at, next_started_at, as_of), as_of) as ended_at
    from followed
),

-- Nearly every state overlaps no other of its agent: what it adds is its length, whatever the others.
states as (
    select
        agent_id,
        started_at,
        state,
        queue_id,
        ended_at,
        coalesce(ended_at <= next_started_at, true)
        and coalesce(
            max(ended_at) over (
                partition by agent_id
                order by started_at asc
                rows between unbounded preceding and 1 preceding
            ) <= started_at,
            true
        ) as is_alone
    from ended
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
        is_alone,
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
        begun.is_alone,
        midnights.calendar_date as state_date,
        greatest(begun.started_at, midnights.day_starts_at) as piece_started_at,
        least(begun.ended_at, midnights.day_ends_at) as piece_ended_at
    from begun
    inner join midnights
        on begun.started_at < midnights.day_ends_at and begun.ended_at > midnights.day_starts_at
    where begun.ended_at > begun.first_day_ends_at
),

measured as (
    select
        *,
        {{ epoch_microseconds('piece_started_at') }} as starts_at_microsecond,
        {{ epoch_microseconds('piece_ended_at') }} as ends_at_microsecond
    from pieces
),

timed as (
    select
        *,
        cast((ends_at_microsecond - starts_at_microsecond) / 1e6 as decimal(18, 6)) as state_seconds
    from measured
),

-- Up to when earlier states have taken the time of the same kind.
covered as (
    select
        *,
        {%- for scope in ['', 'queue_'] %}{% set last_scope = loop.last %}
        {%- for kind in kinds %}
        cast(null as bigint) as {{ scope }}{{ kind }}_until{{ ',' if not (last_scope and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from timed
    where is_alone
    union all
    select
        *,
        {#- Written out: Spark forgets the named windows of a view. #}
        {%- for scope, grain in {'': 'agent_id, state_date', 'queue_': 'agent_id, state_date, queue_id'}.items() %}{% set last_scope = loop.last %}
        {%- for kind, condition in kinds.items() %}
        max(case when {{ condition }} then ends_at_microsecond end) over (
            partition by {{ grain }}
            order by starts_at_microsecond asc, started_at asc
            rows between unbounded preceding and 1 preceding
        ) as {{ scope }}{{ kind }}_until
        {{- ',' if not (last_scope and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from timed
    where not is_alone
),

final as (
    select
        covered.agent_id,
        covered.started_at,
        covered.state_date,
        covered.state,
        covered.queue_id,
        covered.piece_started_at,
        covered.piece_ended_at,
        agents.team_id,
        agents.site,
        covered.state_seconds
        {%- for scope in ['', 'queue_'] %}
        {%- for kind, condition in kinds.items() %}
        {%- set until = 'covered.' ~ scope ~ kind ~ '_until' %},
        case
            {%- if scope == 'queue_' %}
            when covered.queue_id is null then null
            {%- endif %}
            when covered.{{ condition }} and {{ until }} > covered.starts_at_microsecond
                then cast(greatest(0, covered.ends_at_microsecond - {{ until }}) / 1e6 as decimal(18, 6))
            when covered.{{ condition }} then covered.state_seconds
            else 0
        end as {{ scope }}{{ kind }}_seconds
        {%- endfor %}
        {%- endfor %}
    from covered
    left join {{ ref('int_agents__history') }} as agents
        on
            covered.agent_id = agents.agent_id
            and {{ in_force('agents', 'covered.state_date') }}
)

select * from final
