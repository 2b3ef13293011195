{{ connector_model() }}
-- One row per delivery of an event: of which call's or other task it is, and of which of its visits to a queue; or of which worker.
{%- set text = dbt.type_string() %}
with deliveries as (
    select
        {{ first_folder('_file') }} as folder,
        coalesce(sid, id, {{ json_text('data', 'sid') }}) as event_sid,
        lower(coalesce(event_type, replace(type, 'com.twilio.taskrouter.', ''))) as event_type,
        coalesce(
            {{ instant_of_epoch('event_date_ms', 1000) }},
            {{ parse_instant('coalesce(event_date, time, ' ~ json_text('data', 'timestamp') ~ ')') }}
        ) as event_at,
        coalesce(event_data, {{ json_text('data', 'payload') }}) as payload,
        _file,
        _row
    from {{ source('twilio', 'events') }}
),

unpacked as (
    select
        *,
        {{ json_text('payload', 'task_sid') }} as task_sid,
        {{ json_text('payload', 'task_attributes') }} as task_attributes,
        {{ json_text(json_text('payload', 'task_attributes'), 'call_sid') }} as call_sid,
        {{ json_text('payload', 'worker_attributes') }} as worker_attributes,
        lower({{ json_text('payload', 'task_channel_unique_name') }}) as task_channel,
        lower(coalesce({{ json_text('payload', 'task_canceled_reason') }}, {{ json_text('payload', 'reason') }})) as reason,
        {{ json_text('payload', 'task_queue_sid') }} as task_queue_sid,
        {{ json_text('payload', 'task_queue_name') }} as task_queue_name,
        {{ json_text('payload', 'reservation_sid') }} as reservation_sid,
        {{ json_text('payload', 'worker_sid') }} as worker_sid,
        {{ json_text('payload', 'worker_name') }} as worker_name,
        nullif(lower({{ json_text('payload', 'worker_activity_name') }}), '') as worker_activity,
        row_number() over (partition by folder, event_sid order by _file, _row) as delivery
    from deliveries
),

tasks as (
    select
        folder,
        task_sid,
        {{ value_at_last('call_sid', 'case when call_sid is not null then ' ~ ordering_key(['event_at', '_file', '_row']) ~ ' end') }} as call_sid,
        max(case when event_type in ('task.canceled', 'task.completed') then 1 else 0 end) as is_closed,
        max(case
            when event_type in ('reservation.accepted', 'task.canceled', 'task.completed', 'task.deleted', 'task.system-deleted') then 1 else 0
        end) as has_end
    from unpacked
    where
        event_sid is null
        or delivery = 1
    group by folder, task_sid
),

-- A task that is closed is deleted some time later; only one that was never closed ends by it.
numbered as (
    select
        unpacked.*,
        tasks.has_end,
        coalesce(
            unpacked.event_type in ('task.canceled', 'task.completed')
            or (tasks.is_closed = 0 and unpacked.event_type in ('task.deleted', 'task.system-deleted')), false
        ) as is_end_of_task,
        coalesce(tasks.call_sid, unpacked.task_sid) as contact_id,
        sum(case when unpacked.event_type = 'task-queue.entered' and tasks.has_end = 1 then 1 else 0 end) over (
            partition by unpacked.folder, coalesce(tasks.call_sid, unpacked.task_sid)
            order by unpacked.event_at nulls last, unpacked._file, unpacked._row
            rows between unbounded preceding and current row
        ) as entries_so_far
    from unpacked
    left join tasks
        on
            unpacked.folder = tasks.folder
            and unpacked.task_sid = tasks.task_sid
    where
        unpacked.event_sid is null
        or unpacked.delivery = 1
    union all
    select
        *,
        cast(null as integer) as has_end,
        false as is_end_of_task,
        cast(null as {{ text }}) as contact_id,
        cast(null as bigint) as entries_so_far
    from unpacked
    where
        event_sid is not null
        and delivery > 1
)

-- A task is created before it enters its first queue.
select
    *,
    cast(greatest(entries_so_far, 1) as bigint) as visit,
    case
        when event_sid is not null and delivery > 1 then 'the event was delivered before'
        when event_at is null then 'an event without a time'
        when task_sid is null and event_type = 'worker.activity.update' and worker_sid is not null
            then case when worker_activity is null then 'a change of activity that does not name the new one' end
        when task_sid is null then 'an event of neither a task nor an activity of a worker'
        when has_end = 0 then 'the task had not ended when the events were exported'
    end as _left_out_for,
    case when task_sid is null then worker_sid else contact_id end as _made_into_id
from numbered
