{{ config(materialized='incremental', meta={'touched': 'agent_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one agent state. Seconds are whole ones per agent and day, rounded down.
{%- set measures = measures_of('workforce_measures') %}
{%- set kinds = ['logged_in', 'available_or_on_contact', 'occupied', 'occupied_or_available'] %}
with daily as (
    select
        state_date as measure_date,
        agent_id,
        team_id,
        {%- for kind in kinds %}
        cast(floor(sum({{ kind }}_seconds)) as bigint) as {{ kind }}_seconds{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_agent_states') }}
    where {{ is_touched('agent_days', 'state_date') | indent(8) }}
    group by state_date, agent_id, team_id
),

daily_by_queue as (
    select
        state_date as measure_date,
        agent_id,
        queue_id,
        {%- for kind in kinds %}
        cast(floor(sum(queue_{{ kind }}_seconds)) as bigint) as {{ kind }}_seconds{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_agent_states') }}
    where
        queue_id is not null
        and {{ is_touched('agent_days', 'state_date') | indent(8) }}
    group by state_date, agent_id, queue_id
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'team': 'team_id', 'agent': 'agent_id'}, measures) | indent(4) }}
    union all
    {{ measures_by_scope('daily_by_queue', {'queue': 'queue_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
