{{ config(materialized='incremental', meta={'touched': 'interactions', 'by': ['interaction_id']}) }}
-- One row per customer contact that came in. Its place and time are those of its first inbound leg; reason, agent and result those of its last answered
-- leg, or of its last leg when nobody answered. Nearly every contact has one leg, which gives them all: only the legs of the others are put in order.
{%- set facts_of_a_contact = [
    'contact_date', 'started_at', 'channel', 'source_channel', 'campaign_id', 'is_callback', 'customer_id', 'contact_reason', 'queue_id', 'agent_id',
    'team_id', 'agent_site', 'is_resolved', 'is_escalated', 'is_answered', 'is_abandoned', 'is_abandoned_before_queue', 'is_picked_up_within_18_seconds',
    'legs',
] %}
with counted as (
    select
        interaction_id,
        bool_or(is_inbound) as is_contact,
        count(*) as legs
    from {{ ref('fct_calls') }}
    where
        is_counted
        and {{ is_touched('interactions', 'interaction_id') | indent(8) }}
    group by interaction_id
),

several as (
    select interaction_id
    from counted
    where
        is_contact
        and legs > 1
),

of_one_leg as (
    select
        legs.interaction_id,
        legs.call_date as contact_date,
        legs.started_at,
        legs.channel,
        legs.source_channel,
        legs.campaign_id,
        legs.is_callback,
        legs.customer_id,
        legs.contact_reason,
        case when legs.is_handled_inbound then legs.queue_id end as queue_id,
        case when legs.is_handled_inbound then legs.agent_id end as agent_id,
        case when legs.is_handled_inbound then legs.team_id end as team_id,
        case when legs.is_handled_inbound then legs.agent_site end as agent_site,
        case when legs.is_handled_inbound then legs.is_resolved end as is_resolved,
        legs.is_escalated,
        legs.is_handled_inbound as is_answered,
        legs.is_abandoned,
        legs.is_abandoned_before_queue,
        legs.is_picked_up_within_18_seconds,
        1 as legs
    from {{ ref('fct_calls') }} as legs
    left join several
        on legs.interaction_id = several.interaction_id
    where
        legs.is_inbound
        and several.interaction_id is null
        and {{ is_touched('interactions', 'legs.interaction_id') | indent(8) }}
),

ordered as (
    select
        legs.*,
        case when legs.is_inbound then {{ ordering_key(['legs.started_at', 'legs.call_id']) }} end as leg_order,
        case when legs.is_handled_inbound then {{ ordering_key(['legs.started_at', 'legs.call_id']) }} end as answered_order,
        case
            when legs.is_inbound and legs.customer_id is not null then {{ ordering_key(['legs.started_at', 'legs.call_id']) }}
        end as known_order
    from {{ ref('fct_calls') }} as legs
    inner join several
        on legs.interaction_id = several.interaction_id
    where legs.is_counted
),

of_several_legs as (
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
    from ordered
    group by interaction_id
)

select
    interaction_id,
    {{ facts_of_a_contact | join(',\n    ') }}
from of_one_leg
union all
select
    interaction_id,
    {{ facts_of_a_contact | join(',\n    ') }}
from of_several_legs
