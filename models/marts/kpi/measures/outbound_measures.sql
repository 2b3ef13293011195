{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one outbound attempt.
{%- set measures = measures_of('outbound_measures') %}
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
    from {{ ref('fct_calls') }}
    where
        is_outbound
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, campaign_id, contact_list_id, agent_id, team_id, agent_site, channel
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id', 'agent': 'agent_id', 'team': 'team_id',
            'site': 'agent_site', 'channel': 'channel',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
