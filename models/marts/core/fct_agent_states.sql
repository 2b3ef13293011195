{{ config(materialized='incremental', meta={'touched': 'agents', 'by': ['agent_id', 'state_date']}) }}
-- One row per agent state and local day it touches. Where states of one agent overlap, each second counts once, in the state that began first.
{%- set durations = ['state_seconds'] %}
{%- for scope in ['', 'queue_'] %}{% for kind in ['logged_in', 'available_or_on_contact', 'occupied', 'occupied_or_available'] %}
{%- do durations.append(scope ~ kind ~ '_seconds') %}
{%- endfor %}{% endfor %}
select
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(started_at as timestamp) as started_at,
    cast(state_date as date) as state_date,
    cast(state as {{ dbt.type_string() }}) as state,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(piece_started_at as timestamp) as piece_started_at,
    cast(piece_ended_at as timestamp) as piece_ended_at,
    {%- for seconds in durations %}
    cast({{ seconds }} as decimal(18, 6)) as {{ seconds }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('int_agent_states__by_day') }} as states
where {{ is_touched('agents', ['states.agent_id', 'states.state_date']) }}
