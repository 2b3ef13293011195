-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
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
    from callmart.marts.fct_calls
    where
        is_handled
    group by call_date, queue_id, agent_id, team_id, agent_site
)

select
    measure_date,
    queue_id as queue,
    team_id as team,
    agent_id as agent,
    agent_site as site,
    cast(handled_calls as bigint) as handled_calls,
    cast(recorded_calls as bigint) as recorded_calls,
    cast(handled_inbound_calls as bigint) as handled_inbound_calls,
    cast(handle_seconds as bigint) as handle_seconds,
    cast(conversation_seconds as bigint) as conversation_seconds,
    cast(talk_seconds as bigint) as talk_seconds,
    cast(handled_inbound_calls_with_known_talk as bigint) as handled_inbound_calls_with_known_talk,
    cast(hold_seconds as bigint) as hold_seconds,
    cast(held_inbound_calls as bigint) as held_inbound_calls,
    cast(wrap_seconds as bigint) as wrap_seconds,
    cast(handled_inbound_calls_with_known_wrap as bigint) as handled_inbound_calls_with_known_wrap,
    cast(resolved_calls as bigint) as resolved_calls,
    cast(handled_inbound_calls_with_known_resolution as bigint) as handled_inbound_calls_with_known_resolution,
    cast(escalated_calls as bigint) as escalated_calls,
    cast(transferred_calls as bigint) as transferred_calls,
    cast(redirected_calls as bigint) as redirected_calls,
    cast(selfcare_calls as bigint) as selfcare_calls
from daily
