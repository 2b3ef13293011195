{{ connector_model() }}
-- One row per call, and a second one for the user to whom a call that came in was transferred.
{%- set text = dbt.type_string() %}
with calls as (
    select * from {{ ref('aircall__read_calls') }}
    where _left_out_for is null
    union all
    select * from {{ ref('aircall__read_call_export') }}
    where _left_out_for is null
),

decided as (
    select
        *,
        direction = 'inbound' and is_answered and transferring_agent_id is not null as is_transferred,
        case
            when is_answered then 'answered'
            when direction = 'outbound' then 'no_answer'
            when missed_call_reason = 'out_of_opening_hours' then 'closed'
            when missed_call_reason = 'abandoned_in_ivr' then 'abandoned_ivr'
            when has_voicemail then 'voicemail'
            when missed_call_reason in ('no_available_agent', 'agents_did_not_answer') then 'timed_out'
            when missed_call_reason is null or missed_call_reason in ('short_abandoned', 'abandoned_in_classic') then 'abandoned'
            -- A reason that is new shows among the rejected rows.
            else missed_call_reason
        end as outcome
    from calls
),

legs as (
    select
        call_id,
        call_id as interaction_id,
        cast(null as {{ text }}) as previous_call_id,
        outcome,
        direction,
        started_at,
        answered_at,
        -- When the call was passed on is not told: the talk is with the user who had it last.
        case when not is_transferred then ended_at end as ended_at,
        case when direction = 'inbound' and outcome in ('answered', 'abandoned', 'timed_out') then wait_seconds end as wait_seconds,
        ivr_seconds,
        case when direction = 'outbound' and is_answered then wait_seconds end as ring_seconds,
        queue_id,
        case when is_transferred then transferring_agent_id else agent_id end as agent_id,
        customer_id,
        customer_number,
        line_number,
        disposition_code,
        is_recorded,
        disconnected_by,
        updated_at,
        _file,
        _row
    from decided
    union all
    select
        call_id || '-2' as call_id,
        call_id as interaction_id,
        call_id as previous_call_id,
        outcome,
        direction,
        answered_at as started_at,
        answered_at,
        ended_at,
        cast(null as bigint) as wait_seconds,
        cast(null as bigint) as ivr_seconds,
        cast(null as bigint) as ring_seconds,
        cast(null as {{ text }}) as queue_id,
        agent_id,
        customer_id,
        customer_number,
        line_number,
        cast(null as {{ text }}) as disposition_code,
        is_recorded,
        disconnected_by,
        updated_at,
        _file,
        _row
    from decided
    where is_transferred
)

select
    call_id,
    interaction_id,
    previous_call_id,
    direction,
    outcome,
    started_at,
    answered_at,
    ended_at,
    ivr_seconds,
    wait_seconds,
    ring_seconds,
    case
        when outcome = 'answered' then {{ seconds_between(parse_instant('answered_at'), parse_instant('ended_at')) }}
    end as talk_seconds,
    queue_id,
    agent_id,
    customer_id,
    case when direction = 'inbound' then customer_number else line_number end as from_number,
    case when direction = 'inbound' then line_number else customer_number end as to_number,
    case when direction = 'inbound' then line_number end as dialled_number,
    disposition_code,
    is_recorded,
    disconnected_by,
    updated_at,
    _file,
    _row
from legs
