{{ connector_model() }}
-- One row per agent and file of contact records: the agent as the newest record of the file has them.
with agents as (
    select
        agent_username,
        agent,
        updated_at,
        _file,
        _row,
        row_number() over (partition by agent_username, _file order by updated_at desc nulls last, _row desc) as record_rank
    from {{ ref('amazon_connect__read_contact_records') }}
    where
        agent_username is not null
        and _left_out_for is null
)

select
    agent_username as agent_id,
    agent_username as agent_name,
    coalesce(
        {%- for level in [5, 4, 3, 2, 1] %}
        {{ json_text('agent', 'HierarchyGroups.Level' ~ level ~ '.GroupName') }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as team_id,
    updated_at,
    _file,
    _row
from agents
where record_rank = 1
