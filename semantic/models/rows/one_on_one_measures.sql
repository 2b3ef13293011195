-- One row per agent and day of employment from the first meeting to the last day there are values of, and one per meeting on such a day.
with span as (
    select
        min(meetings.meeting_date) as first_date,
        (
            select max(period_start)
            from callmart.marts.kpi_values
            where
                kpi_id = 'one_on_one_coverage'
                and grain = 'day'
        ) as last_date
    from callmart.marts.fct_one_on_ones as meetings
),

days as (
    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as calendar_date
    from span
),

employed as (
    select
        days.calendar_date,
        agents.team_id,
        agents.agent_id
    from days
    inner join callmart.marts.dim_agents as agents
        on
            agents.is_declared
            and (agents.hired_on is null or days.calendar_date >= agents.hired_on)
            and (agents.left_on is null or days.calendar_date <= agents.left_on)
            and (agents.valid_from is null or days.calendar_date >= agents.valid_from)
            and (agents.valid_to is null or days.calendar_date < agents.valid_to)
)

select
    calendar_date as measure_date,
    team_id as team,
    agent_id,
    false as has_met
from employed
union all
select
    employed.calendar_date as measure_date,
    employed.team_id as team,
    employed.agent_id,
    true as has_met
from employed
inner join callmart.marts.fct_one_on_ones as meetings
    on
        employed.agent_id = meetings.agent_id
        and employed.calendar_date = meetings.meeting_date
