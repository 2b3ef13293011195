{{ connector_model() }}
-- One row per line and file: the line as the newest call of the file has it.
with seen as (
    select
        *,
        row_number() over (partition by queue_id, _file order by ended_at desc nulls last, _row desc) as call_rank
    from {{ ref('cloudtalk__read_calls') }}
    where
        queue_id is not null
        and _left_out_for is null
)

select
    queue_id,
    queue_name,
    ended_at as updated_at,
    _file,
    _row
from seen
where call_rank = 1
