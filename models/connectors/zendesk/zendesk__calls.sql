{{ connector_model() }}
-- One row per conversation of an agent, and per call that came to none. What a customer who waits in the queue asks for is two: the request, and the call back.
{%- set text = dbt.type_string() %}
{%- set of_call = ['known_customer_id', 'ticket_id', 'phone_number', 'dialled_direction', 'recording_time'] %}
with calls as (
    select
        *,
        direction = 'outbound' or is_callback as is_going_out,
        is_callback and callback_source = 'queue' as is_asked_for_in_queue,
        {{ plus_seconds('created_at', 'coalesce(ivr_time_spent, 0)') }} as queued_at,
        {{ plus_seconds('created_at', 'duration') }} as call_ended_at
    from {{ ref('zendesk__read_calls') }}
    where _left_out_for is null
),

legs as (
    select
        *,
        {{ plus_seconds('created_at', 'duration') }} as leg_ended_at,
        lag(id) over (partition by folder, call_id, is_conversation order by conversation_number) as leg_before
    from {{ ref('zendesk__read_legs') }}
    where
        _left_out_for is null
        and leg_type = 'agent'
),

customers as (
    select
        folder,
        call_id,
        min(user_id) as user_id
    from {{ ref('zendesk__read_legs') }}
    where
        _left_out_for is null
        and leg_type = 'customer'
    group by folder, call_id
),

known as (
    select
        calls.*,
        calls.direction as dialled_direction,
        coalesce(calls.customer_id, customers.user_id) as known_customer_id,
        first_legs.id as leg_id,
        first_legs.call_id is not null as has_leg,
        first_legs.agent_id as leg_agent_id,
        first_legs.talk_time as leg_talk_time,
        first_legs.hold_time as leg_hold_time,
        first_legs.wrap_up_time as leg_wrap_up_time,
        first_legs.created_at as leg_created_at,
        first_legs.leg_ended_at
    from calls
    left join customers
        on
            calls.folder = customers.folder
            and calls.id = customers.call_id
    left join legs as first_legs
        on
            calls.folder = first_legs.folder
            and calls.id = first_legs.call_id
            and first_legs.conversation_number = 1
),

-- Calls no agent talked in, requests of a call back, and calls whose legs were not exported.
alone as (
    select
        *,
        case
            when is_asked_for_in_queue then 'callback_requested'
            when agent_id is not null and talk_time > 0 then 'answered'
            when is_going_out then case when completion_status = 'failed' then 'failed' else 'no_answer' end
            when is_out_of_hours then 'closed'
            when completion_status = 'abandoned_in_ivr' then 'abandoned_ivr'
            when completion_status = 'abandoned_in_queue' then 'abandoned'
            when is_overflowed or ivr_action = 'phone_number' then 'overflowed'
            when ivr_action = 'textback' then 'self_served'
            when completion_status = 'abandoned_in_voicemail' and ivr_action = 'voicemail' then 'abandoned_ivr'
            when completion_status = 'abandoned_in_voicemail' and not is_waited_out then 'abandoned'
            when completion_status = 'abandoned_in_voicemail' then 'timed_out'
            when is_voicemail or completion_status = 'pending_voicemail' then 'voicemail'
            when is_waited_out then 'timed_out'
            when completion_status in ('not_answered', 'abandoned_on_hold') then 'abandoned'
            else 'failed'
        end as outcome
    from known
    where
        not has_leg
        or is_asked_for_in_queue
),

entered as (
    select
        *,
        not (is_going_out and not is_asked_for_in_queue)
        and outcome not in ('closed', 'abandoned_ivr', 'self_served')
        and coalesce(ivr_action, '') not in ('voicemail', 'phone_number', 'textback') as is_queued
    from alone
),

rows_of_calls as (
    select
        'call-' || id as call_id,
        id as interaction_id,
        cast(null as {{ text }}) as previous_call_id,
        case when is_going_out and not is_asked_for_in_queue then 'outbound' else 'inbound' end as direction,
        outcome,
        created_at as started_at,
        case when is_queued then queued_at end as queued_at,
        case
            when outcome = 'answered' and is_going_out then {{ plus_seconds('created_at', 'time_to_answer') }}
            when outcome = 'answered' then greatest({{ plus_seconds('created_at', 'coalesce(time_to_answer, 0)') }}, queued_at)
        end as answered_at,
        case
            when is_asked_for_in_queue then null
            when is_queued and call_ended_at < queued_at then queued_at
            else call_ended_at
        end as ended_at,
        case when not is_going_out or is_asked_for_in_queue then ivr_time_spent end as ivr_seconds,
        case when is_queued and not is_asked_for_in_queue then wait_time end as wait_seconds,
        case when outcome = 'answered' then talk_time end as talk_seconds,
        case when outcome = 'answered' then hold_time end as hold_seconds,
        case when outcome = 'answered' then wrap_up_time end as wrap_seconds,
        case when is_queued then call_group_id end as queue_id,
        case when is_asked_for_in_queue then null else agent_id end as agent_id,
        case when completion_status like 'abandoned%' then 'customer' end as disconnected_by,
        is_callback and not is_asked_for_in_queue as is_callback,
        {%- for name in of_call %}
        {{ name }},
        {%- endfor %}
        updated_at,
        _file,
        _row
    from entered
    union all
    select
        leg_id as call_id,
        id as interaction_id,
        cast(null as {{ text }}) as previous_call_id,
        case when is_going_out then 'outbound' else 'inbound' end as direction,
        case
            when not is_going_out or coalesce(leg_talk_time, talk_time) > 0 then 'answered'
            when completion_status = 'failed' then 'failed'
            else 'no_answer'
        end as outcome,
        case when is_asked_for_in_queue then leg_created_at else created_at end as started_at,
        case when not is_going_out then queued_at end as queued_at,
        case
            when not is_going_out then greatest({{ plus_seconds('created_at', 'coalesce(time_to_answer, 0)') }}, queued_at)
            when not is_callback and coalesce(leg_talk_time, talk_time) > 0 then {{ plus_seconds('created_at', 'time_to_answer') }}
        end as answered_at,
        leg_ended_at as ended_at,
        case when not is_going_out then ivr_time_spent end as ivr_seconds,
        case when not is_going_out then wait_time end as wait_seconds,
        leg_talk_time as talk_seconds,
        leg_hold_time as hold_seconds,
        leg_wrap_up_time as wrap_seconds,
        case when not is_going_out then call_group_id end as queue_id,
        leg_agent_id as agent_id,
        cast(null as {{ text }}) as disconnected_by,
        is_callback,
        {%- for name in of_call %}
        {{ name }},
        {%- endfor %}
        updated_at,
        _file,
        _row
    from known
    where has_leg
    union all
    select
        legs.id as call_id,
        legs.call_id as interaction_id,
        case when legs.transferred_from is not null then legs.leg_before end as previous_call_id,
        -- What is passed on of a call that went out is no further attempt.
        case when known.is_going_out or not legs.is_conversation then 'internal' else 'inbound' end as direction,
        'answered' as outcome,
        legs.created_at as started_at,
        cast(null as timestamp) as queued_at,
        cast(null as timestamp) as answered_at,
        legs.leg_ended_at as ended_at,
        cast(null as bigint) as ivr_seconds,
        cast(null as bigint) as wait_seconds,
        legs.talk_time as talk_seconds,
        legs.hold_time as hold_seconds,
        legs.wrap_up_time as wrap_seconds,
        cast(null as {{ text }}) as queue_id,
        legs.agent_id,
        cast(null as {{ text }}) as disconnected_by,
        false as is_callback,
        {%- for name in of_call %}
        known.{{ name }},
        {%- endfor %}
        legs.updated_at,
        legs._file,
        legs._row
    from legs
    inner join known
        on
            legs.folder = known.folder
            and legs.call_id = known.id
    where coalesce(legs.conversation_number, 2) > 1
)

select
    call_id,
    interaction_id,
    previous_call_id,
    direction,
    outcome,
    {%- for name in ['started_at', 'queued_at', 'answered_at'] %}
    {{ instant_text(name) }} as {{ name }},
    {%- endfor %}
    -- Whole seconds, each rounded by itself, may put the end before the answer.
    {{ instant_text('case when ended_at < answered_at then answered_at else ended_at end') }} as ended_at,
    ivr_seconds,
    wait_seconds,
    talk_seconds,
    hold_seconds,
    wrap_seconds,
    queue_id,
    agent_id,
    known_customer_id as customer_id,
    ticket_id,
    case when dialled_direction = 'outbound' then phone_number end as from_number,
    case when dialled_direction = 'inbound' then phone_number end as to_number,
    case when direction = 'inbound' then phone_number end as dialled_number,
    recording_time > 0 as is_recorded,
    is_callback,
    disconnected_by,
    updated_at,
    _file,
    _row
from rows_of_calls
