-- An agent's day in the agent mart and in the KPI values of scope agent counts the same legs, attempts and seconds, and neither has a day the other lacks.
with agent_days as (
    select
        agent_id,
        call_date,
        handled_calls,
        handled_inbound_calls,
        handle_seconds,
        talk_seconds,
        resolved_calls,
        transferred_calls,
        outbound_calls,
        reached_calls,
        coalesce(logged_in_seconds, 0) as logged_in_seconds
    from {{ ref('agent_daily') }}
),

kpis as (
    select
        scope_id as agent_id,
        period_start as call_date,
        coalesce(max(case when kpi_id = 'handled_calls' then numerator end), 0) as handled_calls,
        coalesce(max(case when kpi_id = 'average_handle_time' then denominator end), 0) as handled_inbound_calls,
        coalesce(max(case when kpi_id = 'average_handle_time' then numerator end), 0) as handle_seconds,
        coalesce(max(case when kpi_id = 'average_talk_time' then numerator end), 0) as talk_seconds,
        coalesce(max(case when kpi_id = 'resolution_rate' then numerator end), 0) as resolved_calls,
        coalesce(max(case when kpi_id = 'transfer_rate' then numerator end), 0) as transferred_calls,
        coalesce(max(case when kpi_id = 'outbound_calls' then numerator end), 0) as outbound_calls,
        coalesce(max(case when kpi_id = 'reached_calls' then numerator end), 0) as reached_calls,
        coalesce(max(case when kpi_id = 'outbound_calls_per_hour' then denominator end), 0) as logged_in_seconds
    from {{ ref('kpi_values') }}
    where
        kpi_id in (
            'handled_calls', 'average_handle_time', 'average_talk_time', 'resolution_rate', 'transfer_rate', 'outbound_calls', 'reached_calls',
            'outbound_calls_per_hour'
        )
        and grain = 'day'
        and scope_type = 'agent'
    group by scope_id, period_start
)

select
    coalesce(agent_days.agent_id, kpis.agent_id) as agent_id,
    coalesce(agent_days.call_date, kpis.call_date) as call_date,
    agent_days.handled_calls,
    kpis.handled_calls as handled_calls_of_kpis,
    agent_days.outbound_calls,
    kpis.outbound_calls as outbound_calls_of_kpis,
    agent_days.logged_in_seconds,
    kpis.logged_in_seconds as logged_in_seconds_of_kpis
from agent_days
full outer join kpis
    on agent_days.agent_id = kpis.agent_id and agent_days.call_date = kpis.call_date
where
    not coalesce(agent_days.handled_calls = kpis.handled_calls, false)
    or not coalesce(agent_days.handled_inbound_calls = kpis.handled_inbound_calls, false)
    or not coalesce(agent_days.handle_seconds = kpis.handle_seconds, false)
    or not coalesce(agent_days.talk_seconds = kpis.talk_seconds, false)
    or not coalesce(agent_days.resolved_calls = kpis.resolved_calls, false)
    or not coalesce(agent_days.transferred_calls = kpis.transferred_calls, false)
    or not coalesce(agent_days.outbound_calls = kpis.outbound_calls, false)
    or not coalesce(agent_days.reached_calls = kpis.reached_calls, false)
    or not coalesce(agent_days.logged_in_seconds = kpis.logged_in_seconds, false)
