-- One row per day and scope with at least one agent state.
{%- set measures = measures_of('workforce_measures') %}
with daily as (
    select
        state_date as measure_date,
        agent_id,
        team_id,
        sum(logged_in_seconds) as logged_in_seconds
    from {{ ref('fct_agent_states') }}
    group by state_date, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'team': 'team_id', 'agent': 'agent_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
