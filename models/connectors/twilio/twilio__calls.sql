{{ connector_model() }}
-- One row per visit of a call's or other task to a queue, per worker who took it over from another, and per call that met no task.
{%- set text = dbt.type_string() %}
{%- set in_order = ordering_key(['event_at', '_file', '_row']) %}
{%- set by_visit = 'partition by visits.folder, visits.contact_id order by visits.visit' %}
with events as (
    select *
    from {{ ref('twilio__read_events') }}
    where
        _left_out_for is null
        and task_sid is not null
),

visits as (
    select
        folder,
        contact_id,
        visit,
        min(case when event_type = 'task.created' then event_at end) as created_at,
        min(case when event_type = 'task-queue.entered' then event_at end) as entered_at,
        min(event_at) as first_at,
        max(case when is_end_of_task then event_at end) as finished_at,
        max(case when event_type = 'task.canceled' then coalesce(reason, '') end) as cancel_reason,
        {{ value_at_first('task_queue_sid', 'case when task_queue_sid is not null then ' ~ in_order ~ ' end') }} as queue_sid,
        {{ value_at_last('task_attributes', 'case when task_attributes is not null then ' ~ in_order ~ ' end') }} as attributes,
        {#- An event that does not name the customer any more does not take the name away. #}
        {{ value_at_last(json_text('task_attributes', 'customer_id'), 'case when ' ~ json_text('task_attributes', 'customer_id') ~ ' is not null then '
            ~ in_order ~ ' end') }} as named_customer_id,
        max(task_channel) as task_channel,
        {{ value_at_first('_file', in_order) }} as _file,
        {{ value_at_first('_row', in_order) }} as _row
    from events
    group by folder, contact_id, visit
),

-- A worker may still be at work on a call that waits in the next queue.
reservations as (
    select
        folder,
        contact_id,
        reservation_sid,
        min(visit) as visit,
        max(worker_sid) as worker_sid,
        max({{ json_text('worker_attributes', 'contact_uri') }}) as contact_uri,
        min(case when event_type = 'reservation.created' then event_at end) as offered_at,
        min(case when event_type = 'reservation.accepted' then event_at end) as accepted_at,
        max(case when event_type = 'reservation.wrapup' then event_at end) as wrapped_at,
        max(case when event_type = 'reservation.completed' then event_at end) as completed_at,
        {{ value_at_first('_file', in_order) }} as _file,
        {{ value_at_first('_row', in_order) }} as _row
    from events
    where reservation_sid is not null
    group by folder, contact_id, reservation_sid
),

workers as (
    select
        folder,
        {{ json_text('worker_attributes', 'contact_uri') }} as contact_uri,
        max(worker_sid) as worker_sid
    from events
    group by folder, {{ json_text('worker_attributes', 'contact_uri') }}
),

calls as (
    select
        *,
        {{ twilio_is_of_worker('to_address') }} as is_to_worker,
        {{ twilio_is_of_worker('from_address') }} as is_from_worker
    from {{ ref('twilio__read_calls') }}
    where _left_out_for is null
),

prices as (
    select
        folder,
        root_call_sid,
        sum(price) as price,
        max(case when price is not null then price_unit end) as price_unit
    from calls
    group by folder, root_call_sid
),

-- What a call dialled: who picked up, or who was tried last.
dialled as (
    select
        *,
        max(case when is_to_worker then 0 else 1 end) over (partition by folder, root_call_sid) = 1 as has_outside,
        row_number() over (
            partition by folder, root_call_sid
            order by case when status = 'completed' then 0 else 1 end asc, started_at desc nulls last, call_sid asc
        ) as dial_rank
    from calls
    where call_sid <> root_call_sid
),

-- The call to the worker who accepted.
answers as (
    select
        reservations.*,
        dialled.duration,
        dialled.ended_at,
        row_number() over (
            partition by reservations.folder, reservations.reservation_sid order by dialled.started_at asc nulls last, dialled.call_sid asc
        ) as call_rank
    from reservations
    left join dialled
        on
            reservations.folder = dialled.folder
            and reservations.contact_id = dialled.root_call_sid
            and reservations.contact_uri = dialled.to_address
            and dialled.status = 'completed'
            and reservations.accepted_at <= dialled.ended_at
    where reservations.accepted_at is not null
),

turns as (
    select
        *,
        row_number() over (partition by folder, contact_id, visit order by accepted_at, reservation_sid) as turn
    from answers
    where call_rank = 1
),

roots as (
    select
        calls.*,
        prices.price as total_price,
        prices.price_unit as total_unit,
        dialled.status as dialled_status,
        dialled.answered_by as dialled_answered_by,
        dialled.duration as dialled_duration,
        dialled.started_at as dialled_at,
        dialled.ended_at as dialled_until,
        dialled.to_address as dialled_address,
        coalesce(dialled.is_to_worker, false) as is_dialled_worker,
        case
            when calls.direction = 'trunking-originating' then 'inbound'
            when calls.is_from_worker and coalesce(dialled.has_outside, false) then 'outbound'
            when calls.is_from_worker or (calls.direction <> 'inbound' and calls.is_to_worker and not coalesce(dialled.has_outside, false)) then 'internal'
            when calls.direction = 'inbound' then 'inbound'
            else 'outbound'
        end as call_direction
    from calls
    left join prices
        on
            calls.folder = prices.folder
            and calls.call_sid = prices.root_call_sid
    left join dialled
        on
            calls.folder = dialled.folder
            and calls.call_sid = dialled.root_call_sid
            and dialled.dial_rank = 1
    where
        calls.call_sid is null
        or calls.call_sid = calls.root_call_sid
),

queued as (
    select
        visits.*,
        turns.reservation_sid,
        turns.worker_sid,
        turns.offered_at,
        turns.accepted_at,
        turns.wrapped_at,
        turns.completed_at,
        turns.duration,
        turns.ended_at,
        lead(visits.entered_at) over ({{ by_visit }}) as next_entered_at,
        lag(visits.visit) over ({{ by_visit }}) as visit_before,
        {{ value_at_last('visits.attributes', 'visits.visit') }} over (partition by visits.folder, visits.contact_id) as last_attributes,
        {{ value_at_last('visits.named_customer_id', 'case when visits.named_customer_id is not null then visits.visit end') }}
            over (partition by visits.folder, visits.contact_id) as customer_id
    from visits
    left join turns
        on
            visits.folder = turns.folder
            and visits.contact_id = turns.contact_id
            and visits.visit = turns.visit
            and turns.turn = 1
),

directed as (
    select
        queued.*,
        roots.status,
        roots.answered_by,
        roots.started_at as call_started_at,
        roots.ended_at as call_ended_at,
        roots.duration as call_duration,
        roots.from_address,
        roots.to_address,
        roots.total_price,
        roots.total_unit,
        roots.call_sid,
        lower({{ json_text('queued.last_attributes', 'callmart_outcome') }}) as outcome_by_flow,
        case
            when coalesce(lower({{ json_text('queued.last_attributes', 'direction') }}), roots.call_direction) like 'outbound%'
                then case when queued.visit = 1 then 'outbound' else 'internal' end
            else 'inbound'
        end as direction
    from queued
    left join roots
        on
            queued.folder = roots.folder
            and queued.contact_id = roots.call_sid
),

legs as (
    -- A visit to a queue.
    select
        case when visit > 1 then contact_id || '-' || cast(visit as {{ text }}) else contact_id end as call_id,
        contact_id as interaction_id,
        case
            when visit_before > 1 then contact_id || '-' || cast(visit_before as {{ text }})
            when visit_before = 1 then contact_id
        end as previous_call_id,
        direction,
        task_channel,
        case
            when direction <> 'inbound'
                then case
                    {{ twilio_outcomes_of_attempt('status', 'answered_by') }}
                    when accepted_at is not null then 'answered'
                    when cancel_reason = 'hangup' then 'dialer_dropped'
                    when status = 'completed' then 'answered'
                    else 'no_answer'
                end
            when accepted_at is not null then 'answered'
            when next_entered_at is not null then 'overflowed'
            when outcome_by_flow is not null then outcome_by_flow
            when cancel_reason = 'hangup' then 'abandoned'
            when cancel_reason like '%ttl%' or cancel_reason like '%timeout%' then 'timed_out'
            when status = 'failed' then 'failed'
            else 'overflowed'
        end as outcome,
        case
            when visit = 1 then least(call_started_at, created_at, entered_at, first_at)
            else coalesce(entered_at, first_at)
        end as started_at,
        case when direction = 'inbound' then case when visit = 1 then coalesce(created_at, entered_at, first_at) else entered_at end end as queued_at,
        case
            when direction = 'inbound' then accepted_at
            else coalesce(call_started_at, accepted_at)
        end as answered_at,
        case
            when direction <> 'inbound' then coalesce(call_ended_at, wrapped_at, completed_at, finished_at)
            when accepted_at is not null then coalesce(ended_at, wrapped_at, completed_at)
            else coalesce(finished_at, next_entered_at, call_ended_at)
        end as ended_at,
        case when direction = 'inbound' and visit = 1 then {{ seconds_between('call_started_at', 'coalesce(created_at, entered_at)') }} end as ivr_seconds,
        case when direction = 'inbound' then {{ seconds_between('offered_at', 'accepted_at') }} end as ring_seconds,
        case
            when accepted_at is null and direction = 'inbound' then null
            when direction = 'outbound' then call_duration
            else coalesce(duration, {{ seconds_between('accepted_at', 'coalesce(wrapped_at, completed_at)') }})
        end as talk_seconds,
        {{ seconds_between('wrapped_at', 'completed_at') }} as wrap_seconds,
        queue_sid,
        worker_sid,
        customer_id,
        from_address,
        to_address,
        case when visit = 1 then total_price end as cost_amount,
        case when visit = 1 then total_unit end as currency,
        call_sid is not null as is_call,
        _file,
        _row
    from directed
    union all
    -- A worker who took a task over from another.
    select
        turns.reservation_sid as call_id,
        turns.contact_id as interaction_id,
        cast(null as {{ text }}) as previous_call_id,
        case when directed.direction = 'inbound' then 'inbound' else 'internal' end as direction,
        directed.task_channel,
        'answered' as outcome,
        coalesce(turns.offered_at, turns.accepted_at) as started_at,
        cast(null as timestamp) as queued_at,
        turns.accepted_at as answered_at,
        coalesce(turns.ended_at, turns.wrapped_at, turns.completed_at) as ended_at,
        cast(null as bigint) as ivr_seconds,
        {{ seconds_between('turns.offered_at', 'turns.accepted_at') }} as ring_seconds,
        coalesce(turns.duration, {{ seconds_between('turns.accepted_at', 'coalesce(turns.wrapped_at, turns.completed_at)') }}) as talk_seconds,
        {{ seconds_between('turns.wrapped_at', 'turns.completed_at') }} as wrap_seconds,
        cast(null as {{ text }}) as queue_sid,
        turns.worker_sid,
        directed.customer_id,
        directed.from_address,
        directed.to_address,
        cast(null as decimal(38, 6)) as cost_amount,
        cast(null as {{ text }}) as currency,
        directed.call_sid is not null as is_call,
        turns._file,
        turns._row
    from turns
    inner join directed
        on
            turns.folder = directed.folder
            and turns.contact_id = directed.contact_id
            and turns.visit = directed.visit
    where turns.turn > 1
    union all
    -- A call that met no task.
    select
        roots.call_sid as call_id,
        roots.call_sid as interaction_id,
        cast(null as {{ text }}) as previous_call_id,
        roots.call_direction as direction,
        'voice' as task_channel,
        case
            when roots.call_direction = 'outbound' and roots.is_from_worker
                then case
                    {{ twilio_outcomes_of_attempt('roots.dialled_status', 'roots.dialled_answered_by') }}
                    else 'answered'
                end
            when roots.call_direction = 'outbound'
                then case
                    {{ twilio_outcomes_of_attempt('roots.status', 'roots.answered_by') }}
                    else 'answered'
                end
            when roots.dialled_status = 'completed' then 'answered'
            when roots.call_direction = 'internal' then case when roots.status = 'completed' then 'answered' else 'no_answer' end
            when roots.dialled_status is not null then 'abandoned'
            when roots.status = 'failed' then 'failed'
            else 'abandoned_ivr'
        end as outcome,
        coalesce(roots.started_at, roots.created_at) as started_at,
        cast(null as timestamp) as queued_at,
        case when roots.call_direction = 'outbound' and not roots.is_from_worker then roots.started_at else roots.dialled_at end as answered_at,
        coalesce(roots.ended_at, roots.started_at, roots.created_at) as ended_at,
        cast(null as bigint) as ivr_seconds,
        cast(null as bigint) as ring_seconds,
        case when roots.call_direction = 'outbound' and not roots.is_from_worker then roots.duration else roots.dialled_duration end as talk_seconds,
        cast(null as bigint) as wrap_seconds,
        cast(null as {{ text }}) as queue_sid,
        case
            when roots.is_from_worker then coalesce(workers.worker_sid, roots.from_address)
            when roots.dialled_status = 'completed' and roots.is_dialled_worker then coalesce(workers.worker_sid, roots.dialled_address)
        end as worker_sid,
        cast(null as {{ text }}) as customer_id,
        roots.from_address,
        case when roots.is_from_worker then roots.dialled_address else roots.to_address end as to_address,
        roots.total_price as cost_amount,
        roots.total_unit as currency,
        true as is_call,
        roots._file,
        roots._row
    from roots
    left join workers
        on
            roots.folder = workers.folder
            and case when roots.is_from_worker then roots.from_address else roots.dialled_address end = workers.contact_uri
    left join visits
        on
            roots.folder = visits.folder
            and roots.call_sid = visits.contact_id
            and visits.visit = 1
    where visits.contact_id is null
)

select
    call_id,
    interaction_id,
    previous_call_id,
    direction,
    case
        when task_channel in ('chat', 'sms', 'email', 'video') then task_channel
        when task_channel in ('whatsapp', 'facebook', 'messenger') then 'social'
        else 'voice'
    end as channel,
    outcome,
    {{ instant_text('started_at') }} as started_at,
    {{ instant_text('queued_at') }} as queued_at,
    {{ instant_text("case when outcome = 'answered' then answered_at end") }} as answered_at,
    {{ instant_text('ended_at') }} as ended_at,
    ivr_seconds,
    ring_seconds,
    case when outcome = 'answered' then talk_seconds end as talk_seconds,
    wrap_seconds,
    queue_sid as queue_id,
    worker_sid as agent_id,
    customer_id,
    case when is_call then from_address end as from_number,
    case when is_call then to_address end as to_number,
    case when is_call and direction = 'inbound' then to_address end as dialled_number,
    cost_amount,
    currency,
    case outcome when 'abandoned' then 'customer' when 'agent_abandoned' then 'agent' end as disconnected_by,
    _file,
    _row
from legs
