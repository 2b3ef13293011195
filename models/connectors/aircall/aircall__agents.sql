{{ connector_model() }}
-- One row per user and file: the user as the newest call of the file has them. Exports of the dashboard know users by their names alone.
with seen as (
    {%- for role in ['agent', 'transferring_agent'] %}
    select
        {{ role }}_id as agent_id,
        {{ role }}_name as agent_name,
        coalesce(updated_at, ended_at) as updated_at,
        _file,
        _row
    from {{ ref('aircall__read_calls') }}
    where
        {{ role }}_id is not null
        and _left_out_for is null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

agents as (
    select
        *,
        row_number() over (partition by agent_id, _file order by updated_at desc nulls last, _row desc) as call_rank
    from seen
)

select
    agent_id,
    agent_name,
    updated_at,
    _file,
    _row
from agents
where call_rank = 1
