{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one handled leg: how long it took and how it ended, on the leg's agent and that agent's team at that time.
{%- set measures = measures_of('handling_measures') %}
with daily as (
    select
        call_date as measure_date,
        queue_id,
        agent_id,
        team_id,
        agent_site,
        count(*) as handled_calls,
        count(*) filter (where is_recorded) as recorded_calls,
        count(*) filter (where is_handled_inbound) as handled_inbound_calls,
        coalesce(sum(handle_seconds) filter (where is_handled_inbound), 0) as handle_seconds,
        coalesce(sum(conversation_seconds) filter (where is_handled_inbound), 0) as conversation_seconds,
        coalesce(sum(talk_seconds) filter (where is_handled_inbound), 0) as talk_seconds,
        count(*) filter (where is_handled_inbound and talk_seconds is not null) as handled_inbound_calls_with_known_talk,
        coalesce(sum(hold_seconds) filter (where is_handled_inbound), 0) as hold_seconds,
        count(*) filter (where is_handled_inbound and hold_seconds > 0) as held_inbound_calls,
        coalesce(sum(wrap_seconds) filter (where is_handled_inbound), 0) as wrap_seconds,
        count(*) filter (where is_handled_inbound and wrap_seconds is not null) as handled_inbound_calls_with_known_wrap,
        count(*) filter (where is_handled_inbound and is_resolved) as resolved_calls,
        count(*) filter (where is_handled_inbound and is_resolved is not null) as handled_inbound_calls_with_known_resolution,
        count(*) filter (where is_handled_inbound and is_escalated) as escalated_calls,
        count(*) filter (where is_transferred) as transferred_calls,
        count(*) filter (where is_redirected) as redirected_calls,
        count(*) filter (where is_followed_by_selfcare) as selfcare_calls
    from {{ ref('fct_calls') }}
    where
        is_handled
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, queue_id, agent_id, team_id, agent_site
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'queue': 'queue_id', 'team': 'team_id', 'agent': 'agent_id', 'site': 'agent_site'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
