{{ connector_model() }}
-- One row per call. Something answers most calls, be it a menu or a mailbox: only talk says that an agent did.
with calls as (
    select
        *,
        {{ parse_whole_number('talking_time') }} as talk_seconds
    from {{ ref('cloudtalk__read_calls') }}
    where _left_out_for is null
),

decided as (
    select
        *,
        case
            when is_voicemail then case direction when 'outbound' then 'answering_machine' else 'voicemail' end
            when coalesce(talk_seconds > 0, answered_at is not null) then 'answered'
            when direction = 'outbound' then 'no_answer'
            else 'abandoned'
        end as outcome
    from calls
)

select
    call_id,
    direction,
    outcome,
    started_at,
    case when outcome = 'answered' then answered_at end as answered_at,
    ended_at,
    case when direction = 'inbound' then waiting_time end as wait_seconds,
    case when direction = 'outbound' then waiting_time end as ring_seconds,
    talk_seconds,
    wrapup_time as wrap_seconds,
    case when not is_transferred_here then queue_id end as queue_id,
    agent_id,
    customer_id,
    case when direction = 'inbound' then customer_number else line_number end as from_number,
    case when direction = 'inbound' then line_number else customer_number end as to_number,
    case when direction = 'inbound' then line_number end as dialled_number,
    disposition_code,
    is_recorded,
    _file,
    _row
from decided
