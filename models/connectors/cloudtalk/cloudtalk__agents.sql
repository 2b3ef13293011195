{{ connector_model() }}
-- One row per agent and file: the agent as the newest call of the file that describes it has it.
with seen as (
    select
        *,
        row_number() over (partition by described_agent_id, _file order by ended_at desc nulls last, _row desc) as call_rank
    from {{ ref('cloudtalk__read_calls') }}
    where
        described_agent_id is not null
        and _left_out_for is null
)

select
    described_agent_id as agent_id,
    agent_name,
    team_id,
    ended_at as updated_at,
    _file,
    _row
from seen
where call_rank = 1
