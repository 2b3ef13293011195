-- One row per period and scope from that of the first meeting to that of as_of: agents employed in it, and those who had a one-to-one on a day they were.
{%- set measures = measures_of('one_on_one_measures') %}
with span as (
    select
        meetings.first_date,
        run.as_of_date as last_date
    from (
        select min(meeting_date) as first_date
        from {{ ref('fct_one_on_ones') }}
    ) as meetings
    cross join {{ ref('int_run') }} as run
    where meetings.first_date is not null
),

days as (
    select spine.spine_date as calendar_date
    from span
    cross join lateral {{ date_rows('span.first_date', 'span.last_date') }} as spine
),

periods as (
    {%- for grain in grains() %}
    select
        '{{ grain }}' as grain,
        {{ 'cast(null as date)' if grain == 'total' else period_start_of(grain, 'calendar_date') }} as period_start,
        {{ 'min(calendar_date)' if grain == 'total' else period_start_of(grain, 'min(calendar_date)') }} as first_date,
        max(calendar_date) as last_date
    from days
    group by period_start
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- From when to when an agent was employed in a team, both days included.
stretches as (
    select
        agent_id,
        team_id,
        case when valid_from is null or hired_on > valid_from then hired_on else valid_from end as first_date,
        case when valid_to is null or left_on < valid_to then left_on else {{ plus_days('valid_to', -1) }} end as last_date
    from {{ ref('int_agents__history') }}
    where is_declared
),

-- Who left before the stretch begins was employed on no day of it.
employed as (
    select *
    from stretches
    where coalesce(first_date <= last_date, true)
),

active as (
    select
        periods.grain,
        periods.period_start,
        employed.agent_id,
        employed.team_id,
        false as has_met
    from periods
    inner join employed
        on
            (employed.first_date is null or periods.last_date >= employed.first_date)
            and (employed.last_date is null or periods.first_date <= employed.last_date)
),

-- Who was met before or after is left out, and so is who was met and never declared: a share of the employed counts the employed on both sides.
meetings as (
    select
        meetings.meeting_date,
        employed.agent_id,
        employed.team_id
    from {{ ref('fct_one_on_ones') }} as meetings
    inner join employed
        on
            meetings.agent_id = employed.agent_id
            and (employed.first_date is null or meetings.meeting_date >= employed.first_date)
            and (employed.last_date is null or meetings.meeting_date <= employed.last_date)
),

met as (
    {%- for grain in grains() %}
    select
        '{{ grain }}' as grain,
        {{ 'cast(null as date)' if grain == 'total' else period_start_of(grain, 'meeting_date') }} as period_start,
        agent_id,
        team_id,
        true as has_met
    from meetings
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

agents as (
    select * from active
    union all
    select * from met
),

counted as (
    {%- for scope_type, scope_column in {'all': "'all'", 'team': 'team_id'}.items() %}
    select
        grain,
        period_start,
        '{{ scope_type }}' as scope_type,
        {{ scope_column }} as scope_id,
        cast(count(distinct case when has_met then agent_id end) as bigint) as agents_with_one_on_one,
        cast(count(distinct case when not has_met then agent_id end) as bigint) as active_agents
    from agents
    {{ 'where team_id is not null' if scope_type == 'team' }}
    group by grain, period_start{{ ', team_id' if scope_type == 'team' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    {{ period_measure_columns(measures) }}
from counted
