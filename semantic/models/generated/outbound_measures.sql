-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        call_date as measure_date,
        campaign_id,
        contact_list_id,
        agent_id,
        team_id,
        agent_site,
        channel,
        count(*) as outbound_calls,
        count(*) as total_calls,
        count(*) filter (where is_agent_abandoned) as agent_abandoned_calls,
        count(*) filter (where is_human_answered) as reached_calls,
        count(*) filter (where not is_human_answered) as unsuccessful_calls,
        count(*) filter (where is_sales_call) as sales_calls,
        count(*) filter (where is_connected) as connected_calls,
        count(*) filter (where is_contact_established) as contacted_calls,
        count(*) filter (where is_argued) as argued_calls,
        count(*) filter (where is_positive) as positive_calls,
        count(*) filter (where is_refusal or is_do_not_call) as rejected_calls,
        count(*) filter (where is_do_not_call) as do_not_call_calls,
        count(*) filter (where is_conversion) as converting_calls,
        count(*) filter (where is_sale) as sold_calls,
        count(*) filter (where is_appointment) as appointment_calls,
        sum(created_leads) as leads_created_by_calls,
        coalesce(sum(conversation_seconds), 0) as outbound_conversation_seconds,
        coalesce(sum(conversation_seconds) filter (where is_human_answered), 0) as reached_conversation_seconds,
        count(*) filter (where is_human_answered and conversation_seconds is not null) as reached_calls_with_known_talk,
        count(*) filter (where is_human_answered and is_dialer_dropped) as dropped_calls
    from callmart.marts.fct_calls
    where
        is_outbound
    group by call_date, campaign_id, contact_list_id, agent_id, team_id, agent_site, channel
)

select
    measure_date,
    campaign_id as campaign,
    contact_list_id as contact_list,
    agent_id as agent,
    team_id as team,
    agent_site as site,
    channel,
    cast(outbound_calls as bigint) as outbound_calls,
    cast(total_calls as bigint) as total_calls,
    cast(agent_abandoned_calls as bigint) as agent_abandoned_calls,
    cast(reached_calls as bigint) as reached_calls,
    cast(unsuccessful_calls as bigint) as unsuccessful_calls,
    cast(sales_calls as bigint) as sales_calls,
    cast(connected_calls as bigint) as connected_calls,
    cast(contacted_calls as bigint) as contacted_calls,
    cast(argued_calls as bigint) as argued_calls,
    cast(positive_calls as bigint) as positive_calls,
    cast(rejected_calls as bigint) as rejected_calls,
    cast(do_not_call_calls as bigint) as do_not_call_calls,
    cast(converting_calls as bigint) as converting_calls,
    cast(sold_calls as bigint) as sold_calls,
    cast(appointment_calls as bigint) as appointment_calls,
    cast(leads_created_by_calls as bigint) as leads_created_by_calls,
    cast(outbound_conversation_seconds as bigint) as outbound_conversation_seconds,
    cast(reached_conversation_seconds as bigint) as reached_conversation_seconds,
    cast(reached_calls_with_known_talk as bigint) as reached_calls_with_known_talk,
    cast(dropped_calls as bigint) as dropped_calls
from daily
