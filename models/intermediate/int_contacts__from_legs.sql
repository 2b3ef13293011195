{{ config(materialized='incremental', meta={'touched': 'interactions', 'by': ['interaction_id']}) }}
-- One row per customer contact that came in. Its place and time are those of its first inbound leg; reason, agent and result those of its last answered
-- leg, or of its last leg when nobody answered.
with legs as (
    select
        *,
        case when is_inbound then {{ ordering_key(['started_at', 'call_id']) }} end as leg_order,
        case when is_handled_inbound then {{ ordering_key(['started_at', 'call_id']) }} end as answered_order,
        case when is_inbound and customer_id is not null then {{ ordering_key(['started_at', 'call_id']) }} end as known_order
    from {{ ref('fct_calls') }}
    where
        is_counted
        and {{ is_touched('interactions', 'interaction_id') | indent(8) }}
)

select
    interaction_id,
    {{ value_at_first('call_date', 'leg_order') }} as contact_date,
    min(started_at) filter (where is_inbound) as started_at,
    {{ value_at_first('channel', 'leg_order') }} as channel,
    {{ value_at_first('source_channel', 'leg_order') }} as source_channel,
    {{ value_at_first('campaign_id', 'leg_order') }} as campaign_id,
    {{ value_at_first('is_callback', 'leg_order') }} as is_callback,
    {{ value_at_first('customer_id', 'known_order') }} as customer_id,
    case
        when bool_or(is_handled_inbound) then {{ value_at_last('contact_reason', 'answered_order') }}
        else {{ value_at_last('contact_reason', 'leg_order') }}
    end as contact_reason,
    {{ value_at_last('queue_id', 'answered_order') }} as queue_id,
    {{ value_at_last('agent_id', 'answered_order') }} as agent_id,
    {{ value_at_last('team_id', 'answered_order') }} as team_id,
    {{ value_at_last('agent_site', 'answered_order') }} as agent_site,
    {{ value_at_last('is_resolved', 'answered_order') }} as is_resolved,
    bool_or(is_escalated) as is_escalated,
    bool_or(is_handled_inbound) as is_answered,
    bool_or(is_abandoned) as is_abandoned,
    bool_or(is_abandoned_before_queue) as is_abandoned_before_queue,
    bool_or(is_picked_up_within_18_seconds) as is_picked_up_within_18_seconds,
    count(*) filter (where is_inbound) as legs
from legs
group by interaction_id
having bool_or(is_inbound)
