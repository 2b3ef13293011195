{{ connector_model() }}
-- One row per delivery of a contact record, as a leg.
with contacts as (
    select
        *,
        connected_to_agent_at is not null as has_agent,
        enqueued_at is not null as has_queue,
        connected_to_system_at is not null as is_picked_up
    from {{ ref('amazon_connect__read_contact_records') }}
    where _left_out_for is null
),

decided as (
    select
        *,
        case
            when direction = 'outbound' then
                case
                    when picked_up_by = 'SIT_TONE_INVALID_NUMBER' then 'invalid_number'
                    when picked_up_by = 'SIT_TONE_BUSY' then 'busy'
                    when picked_up_by in ('VOICEMAIL_BEEP', 'VOICEMAIL_NO_BEEP', 'FAX_MACHINE_DETECTED') then 'answering_machine'
                    when is_picked_up and has_agent then 'answered'
                    when is_picked_up and coalesce(picked_up_by, '') <> 'AMD_UNANSWERED' then 'dialer_dropped'
                    when disconnect_reason = 'AGENT_DISCONNECT' then 'agent_abandoned'
                    when disconnect_reason in ('TELECOM_PROBLEM', 'OUTBOUND_RESOURCE_ERROR', 'OUTBOUND_ATTEMPT_FAILED') then 'failed'
                    else 'no_answer'
                end
            when has_agent then 'answered'
            when outcome_by_flow is not null then outcome_by_flow
            when disconnect_reason in ('TELECOM_PROBLEM', 'BARGED') then 'failed'
            when not has_queue and next_contact_id is not null and transferred_at is null then 'callback_requested'
            when not has_queue and disconnect_reason = 'CUSTOMER_DISCONNECT' then 'abandoned_ivr'
            when not has_queue then 'self_served'
            when transferred_at is not null then 'overflowed'
            when next_contact_id is not null then 'callback_requested'
            when disconnect_reason in ('CONTACT_FLOW_DISCONNECT', 'EXPIRED') then 'timed_out'
            else 'abandoned'
        end as outcome
    from contacts
)

select
    contact_id as call_id,
    coalesce(initial_contact_id, contact_id) as interaction_id,
    previous_contact_id as previous_call_id,
    direction,
    channel,
    outcome,
    initiated_at as started_at,
    case when direction = 'inbound' then enqueued_at end as queued_at,
    case
        when outcome <> 'answered' then null
        when direction = 'inbound' then connected_to_agent_at
        else connected_to_system_at
    end as answered_at,
    -- The record stays open while the customer talks to whom the agent transferred the call to.
    case when transferred_at >= connected_to_agent_at and transferred_at < disconnected_at then transferred_at else disconnected_at end as ended_at,
    case
        when initiation_method = 'INBOUND'
            then {{ seconds_between(parse_instant('connected_to_system_at'), parse_instant('coalesce(enqueued_at, disconnected_at)')) }}
    end as ivr_seconds,
    case when direction = 'inbound' then {{ json_text('queue', 'Duration') }} end as wait_seconds,
    {{ json_text('agent', 'AgentInteractionDuration') }} as talk_seconds,
    {{ json_text('agent', 'CustomerHoldDuration') }} as hold_seconds,
    {{ json_text('agent', 'AfterContactWorkDuration') }} as wrap_seconds,
    {{ json_text('queue', 'Name') }} as queue_id,
    agent_username as agent_id,
    customer_id,
    campaign_id,
    case when direction = 'inbound' then customer_address else system_address end as from_number,
    case when direction = 'inbound' then system_address else customer_address end as to_number,
    case when direction = 'inbound' then system_address end as dialled_number,
    recordings is not null and recordings <> '[]' as is_recorded,
    initiation_method = 'CALLBACK' as is_callback,
    case disconnect_reason
        when 'CUSTOMER_DISCONNECT' then 'customer'
        when 'AGENT_DISCONNECT' then 'agent'
        else case when disconnect_reason is not null then 'system' end
    end as disconnected_by,
    updated_at,
    _file,
    _row
from decided
