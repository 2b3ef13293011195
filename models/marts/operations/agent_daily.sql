-- One row per agent and local day on which the agent handled or dialled a call, or was in a state.
-- depends_on: {{ ref('kpi_catalogue') }}
with handling as (
    select *
    from {{ ref('handling_measures') }}
    where scope_type = 'agent'
),

outbound as (
    select *
    from {{ ref('outbound_measures') }}
    where scope_type = 'agent'
),

workforce as (
    select *
    from {{ ref('workforce_measures') }}
    where scope_type = 'agent'
),

agent_days as (
    select
        coalesce(handling.scope_id, outbound.scope_id, workforce.scope_id) as agent_id,
        coalesce(handling.measure_date, outbound.measure_date, workforce.measure_date) as call_date,
        handling.handled_calls,
        handling.handled_inbound_calls,
        handling.handle_seconds,
        handling.conversation_seconds,
        handling.talk_seconds,
        handling.hold_seconds,
        handling.wrap_seconds,
        handling.handled_inbound_calls_with_known_talk,
        handling.handled_inbound_calls_with_known_wrap,
        handling.resolved_calls,
        handling.handled_inbound_calls_with_known_resolution,
        handling.escalated_calls,
        handling.transferred_calls,
        outbound.outbound_calls,
        outbound.reached_calls,
        workforce.logged_in_seconds
    from handling
    full outer join outbound
        on handling.scope_id = outbound.scope_id and handling.measure_date = outbound.measure_date
    full outer join workforce
        on
            coalesce(handling.scope_id, outbound.scope_id) = workforce.scope_id
            and coalesce(handling.measure_date, outbound.measure_date) = workforce.measure_date
),

placed as (
    select
        agent_days.*,
        agents.team_id,
        agents.site
    from agent_days
    left join {{ ref('dim_agents') }} as agents
        on
            agent_days.agent_id = agents.agent_id
            and {{ in_force('agents', 'agent_days.call_date') }}
)

select
    cast({{ surrogate_key(['agent_id', 'call_date']) }} as {{ dbt.type_string() }}) as agent_day_id,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(call_date as date) as call_date,
    {%- for measure in ['handled_calls', 'handled_inbound_calls', 'handle_seconds', 'conversation_seconds', 'talk_seconds', 'hold_seconds', 'wrap_seconds',
                        'handled_inbound_calls_with_known_talk', 'handled_inbound_calls_with_known_wrap', 'resolved_calls',
                        'handled_inbound_calls_with_known_resolution', 'escalated_calls', 'transferred_calls', 'outbound_calls',
                        'reached_calls'] %}
    cast(coalesce({{ measure }}, 0) as bigint) as {{ measure }},
    {%- endfor %}
    cast(logged_in_seconds as bigint) as logged_in_seconds,
    {{ kpi_rate('average_handle_time') }} as average_handle_time,
    {{ kpi_rate('average_talk_time') }} as average_talk_time,
    {{ kpi_rate('average_wrap_time') }} as average_wrap_time,
    {{ kpi_rate('resolution_rate') }} as resolution_rate,
    {{ kpi_rate('escalation_rate') }} as escalation_rate,
    {{ kpi_rate('transfer_rate') }} as transfer_rate,
    {{ kpi_rate('outbound_calls_per_hour') }} as outbound_calls_per_hour
from placed
