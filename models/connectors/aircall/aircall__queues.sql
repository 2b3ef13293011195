{{ connector_model() }}
-- One row per line and file: the line as the newest call of the file has it.
with seen as (
    {%- for read in ['calls', 'call_export'] %}
    select
        queue_id,
        queue_name,
        queue_timezone,
        coalesce(updated_at, ended_at) as updated_at,
        _file,
        _row
    from {{ ref('aircall__read_' ~ read) }}
    where
        queue_id is not null
        and _left_out_for is null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

lines as (
    select
        *,
        row_number() over (partition by queue_id, _file order by updated_at desc nulls last, _row desc) as call_rank
    from seen
)

select
    queue_id,
    queue_name,
    queue_timezone as timezone,
    updated_at,
    _file,
    _row
from lines
where call_rank = 1
