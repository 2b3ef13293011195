{{ connector_model() }}
-- One row per visit of a call that came in to a queue, and per further user who took it; one row per other call.
{%- set text = dbt.type_string() %}
with records as (
    select * from {{ ref('ringcentral__read_call_log') }}
    where _left_out_for is null
),

extensions as (
    select
        *,
        {{ first_folder('_file') }} as folder,
        row_number() over (partition by {{ first_folder('_file') }}, extension_id order by _file desc, _row desc) as list_rank
    from {{ ref('ringcentral__read_extensions') }}
),

legs as (
    select
        records._file,
        records._row,
        {{ first_folder('records._file') }} as folder,
        items.item_number as leg_number,
        coalesce({{ json_text('items.item', 'extension.id') }}, {{ json_text('items.item', 'to.extensionId') }}) as extension_id,
        lower({{ json_text('items.item', 'legType') }}) as leg_type,
        lower({{ json_text('items.item', 'result') }}) as result,
        lower({{ json_text('items.item', 'reason') }}) as reason,
        {{ parse_instant(json_text('items.item', 'startTime')) }} as began,
        coalesce(
            {{ seconds_of_milliseconds(json_text('items.item', 'durationMs')) }},
            {{ parse_whole_number(json_text('items.item', 'duration')) }}
        ) as seconds
    from records
    cross join lateral {{ json_items('records.legs') }} as items
    where records.direction = 'inbound'
),

-- Who listens in takes no part in the call. An extension that is not described is a user's.
described as (
    select
        legs.*,
        {{ plus_seconds('legs.began', 'legs.seconds') }} as ended,
        coalesce(extensions.is_queue, false) or {{ is_in_option('legs.extension_id', 'ringcentral', 'queue_extensions', 'legs._file') }} as is_queue,
        legs.extension_id is not null and coalesce(extensions.is_user, true) as is_user
    from legs
    left join extensions
        on
            legs.folder = extensions.folder
            and legs.extension_id = extensions.extension_id
            and extensions.list_rank = 1
    where coalesce(legs.leg_type not in ('silentmonitoring', 'monitoring'), true)
),

known as (
    select
        *,
        is_user and not is_queue and coalesce(result in ('accepted', 'call connected'), false) as is_taken
    from described
),

counted as (
    select
        *,
        sum(case when is_taken then 1 else 0 end) over (
            partition by _file, _row order by began nulls last, leg_number rows between unbounded preceding and current row
        ) as takes
    from known
),

-- A call comes back to a queue when somebody has talked to the customer since.
{%- set in_order = 'partition by _file, _row, is_queue order by began asc nulls last, leg_number asc' %}
entered as (
    select
        *,
        is_queue and coalesce(extension_id <> lag(extension_id) over ({{ in_order }}) or takes > lag(takes) over ({{ in_order }}), true) as is_entry
    from counted
),

placed as (
    select
        *,
        sum(case when is_entry then 1 else 0 end) over (
            partition by _file, _row order by began nulls last, leg_number rows between unbounded preceding and current row
        ) as visit
    from entered
),

visits as (
    select
        _file,
        _row,
        visit,
        max(case when is_entry then extension_id end) as queue_id,
        min(began) as began,
        max(case when is_queue then ended end) as queue_ended,
        max(case when is_entry then result end) as queue_result,
        max(case when is_entry then reason end) as queue_reason,
        max(case when is_user and not is_queue then 1 else 0 end) as has_user
    from placed
    group by _file, _row, visit
),

taken as (
    select
        *,
        lag(extension_id) over (partition by _file, _row, visit order by began asc nulls last, leg_number asc) as user_before
    from placed
    where is_taken
),

-- A user to whom the call comes back from another takes it once more.
stretches as (
    select
        *,
        sum(case when extension_id = user_before then 0 else 1 end) over (
            partition by _file, _row, visit order by began nulls last, leg_number rows between unbounded preceding and current row
        ) as answer
    from taken
),

-- A user's phones are legs of their own: the last one to begin is the one that was picked up.
answers as (
    select
        _file,
        _row,
        visit,
        answer,
        max(extension_id) as agent_id,
        max(began) as answered,
        max(ended) as ended
    from stretches
    group by _file, _row, visit, answer
),

stops as (
    select
        visits._file,
        visits._row,
        visits.visit,
        1 as answer,
        visits.queue_id,
        visits.began,
        visits.queue_ended,
        visits.queue_result,
        visits.queue_reason,
        visits.has_user,
        answers.agent_id,
        answers.answered,
        answers.ended
    from visits
    left join answers
        on
            visits._file = answers._file
            and visits._row = answers._row
            and visits.visit = answers.visit
            and answers.answer = 1
    union all
    select
        _file,
        _row,
        visit,
        answer,
        cast(null as {{ text }}) as queue_id,
        answered as began,
        cast(null as timestamp) as queue_ended,
        cast(null as {{ text }}) as queue_result,
        cast(null as {{ text }}) as queue_reason,
        1 as has_user,
        agent_id,
        answered,
        ended
    from answers
    where answer > 1
),

-- What comes before the first queue is the menu, unless a user took the call there.
numbered as (
    select
        records._file,
        records._row,
        stops.queue_id,
        stops.queue_ended,
        stops.queue_result,
        stops.queue_reason,
        stops.has_user,
        stops.answer,
        stops.agent_id,
        stops.answered,
        stops.ended,
        stops.began,
        records.record_id,
        records.session_id,
        {{ parse_instant('records.started_at') }} as started,
        records.result,
        records.reason,
        {{ plus_seconds(parse_instant('records.started_at'), 'records.seconds') }} as record_ended,
        row_number() over (partition by records._file, records._row order by stops.visit, stops.answer) as stop_number,
        lead(stops.began) over (partition by records._file, records._row order by stops.visit, stops.answer) as next_began
    from records
    left join stops
        on
            records._file = stops._file
            and records._row = stops._row
    left join visits as later
        on
            stops._file = later._file
            and stops._row = later._row
            and stops.visit = 0
            and later.visit = 1
    where
        records.direction = 'inbound'
        and (later.visit is null or stops.agent_id is not null)
),

concluded as (
    select
        *,
        coalesce(case when queue_result not in ('accepted', 'call connected') or next_began is not null then queue_result end, result) as how,
        coalesce(queue_reason, reason) as why
    from numbered
),

inbound as (
    select
        *,
        case
            when agent_id is not null then 'answered'
            when next_began is not null then 'overflowed'
            when how in ('voicemail', 'sent to voicemail') then 'voicemail'
            when how = 'callback requested' then 'callback_requested'
            when queue_id is null and coalesce(has_user, 0) = 0 then 'abandoned_ivr'
            when why = 'hang up' or how in ('abandoned', 'hang up', 'missed', 'no answer') then 'abandoned'
            when how in ('accepted', 'call connected') then 'answered'
            when how in ('rejected', 'declined', 'busy', 'ip phone offline', 'stopped', 'answered not accepted') then 'timed_out'
            else 'failed'
        end as outcome
    from concluded
),

final as (
    select
        case when stop_number > 1 then record_id || '-' || cast(stop_number as {{ text }}) else record_id end as call_id,
        session_id,
        case when stop_number = 2 then record_id when stop_number > 2 then record_id || '-' || cast(stop_number - 1 as {{ text }}) end as previous_call_id,
        'inbound' as direction,
        outcome,
        case when stop_number = 1 then least(started, coalesce(began, started)) else began end as started,
        -- The end of a message is not that of the wait.
        case when queue_id is not null and outcome <> 'voicemail' then began end as queued,
        answered,
        case
            when agent_id is not null then ended
            when outcome = 'overflowed' then next_began
            else coalesce(queue_ended, record_ended)
        end as ended,
        case when stop_number = 1 and queue_id is not null then {{ seconds_between('least(started, began)', 'began') }} end as ivr_seconds,
        case when queue_id is null and agent_id is not null and answer = 1 then {{ seconds_between('began', 'answered') }} end as ring_seconds,
        case
            when queue_id is null then null
            when agent_id is not null then {{ seconds_between('began', 'answered') }}
            when outcome = 'overflowed' then {{ seconds_between('began', 'next_began') }}
            when outcome not in ('answered', 'voicemail') then {{ seconds_between('began', 'queue_ended') }}
        end as wait_seconds,
        queue_id,
        agent_id,
        _file,
        _row
    from inbound
    union all
    select
        record_id as call_id,
        session_id,
        cast(null as {{ text }}) as previous_call_id,
        direction,
        case
            when result in ('accepted', 'call connected') then 'answered'
            when direction = 'internal' then 'abandoned'
            when result in ('voicemail', 'sent to voicemail') then 'answering_machine'
            when result = 'busy' then 'busy'
            when result = 'wrong number' then 'invalid_number'
            when result in ('hang up', 'abandoned') then 'agent_abandoned'
            when result in ('no answer', 'missed', 'rejected', 'declined', 'stopped') then 'no_answer'
            else 'failed'
        end as outcome,
        {{ parse_instant('started_at') }} as started,
        cast(null as timestamp) as queued,
        case when result in ('accepted', 'call connected') then {{ parse_instant('started_at') }} end as answered,
        {{ plus_seconds(parse_instant('started_at'), 'seconds') }} as ended,
        cast(null as bigint) as ivr_seconds,
        cast(null as bigint) as ring_seconds,
        cast(null as bigint) as wait_seconds,
        cast(null as {{ text }}) as queue_id,
        caller_id as agent_id,
        _file,
        _row
    from records
    where coalesce(direction, '') <> 'inbound'
)

select
    final.call_id,
    final.session_id as interaction_id,
    final.previous_call_id,
    final.direction,
    final.outcome,
    {{ instant_text('final.started') }} as started_at,
    {{ instant_text('final.queued') }} as queued_at,
    {{ instant_text('final.answered') }} as answered_at,
    {{ instant_text('final.ended') }} as ended_at,
    final.ivr_seconds,
    final.wait_seconds,
    final.ring_seconds,
    case when final.outcome = 'answered' then {{ seconds_between('final.answered', 'final.ended') }} end as talk_seconds,
    final.queue_id,
    final.agent_id,
    records.from_number,
    records.to_number,
    case when final.direction = 'inbound' then records.to_number end as dialled_number,
    records.is_recorded,
    records.updated_at,
    final._file,
    final._row
from final
inner join records
    on
        final._file = records._file
        and final._row = records._row
