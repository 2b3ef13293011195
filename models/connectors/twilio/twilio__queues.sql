{{ connector_model() }}
-- One row per queue, by its newest name. Without `updated_at`, so that a file of `queues` is not superseded for being older.
with events as (
    select
        task_queue_sid,
        task_queue_name,
        _file,
        _row,
        row_number() over (partition by folder, task_queue_sid order by event_at desc, _file desc, _row desc) as newness
    from {{ ref('twilio__read_events') }}
    where
        _left_out_for is null
        and task_queue_sid is not null
        and task_queue_name is not null
)

select
    task_queue_sid as queue_id,
    task_queue_name as queue_name,
    _file,
    _row
from events
where newness = 1
