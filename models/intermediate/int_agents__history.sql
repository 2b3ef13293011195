-- One row per agent and period during which team, site and language stayed the same.
with declared as (
    select * from {{ ref('stg_agents') }}
),

named as (
    select agent_id
    from {{ ref('stg_calls') }}
    where agent_id is not null
    union
    select agent_id
    from {{ ref('stg_agent_states') }}
),

versions as (
    select
        coalesce(declared.agent_id, named.agent_id) as agent_id,
        declared.team_id,
        declared.site,
        declared.language,
        declared.hired_on,
        declared.left_on,
        declared.valid_from,
        declared.agent_id is not null as is_declared
    from declared
    full outer join named
        on declared.agent_id = named.agent_id
),

final as (
    select
        *,
        lead(valid_from) over (partition by agent_id order by valid_from asc nulls first) as valid_to
    from versions
)

select * from final
