-- One row per agent and period during which team, site and language stayed the same.
select
    cast({{ surrogate_key(['agent_id', 'valid_from']) }} as {{ dbt.type_string() }}) as agent_version_id,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(language as {{ dbt.type_string() }}) as language,
    cast(hired_on as date) as hired_on,
    cast(left_on as date) as left_on,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(valid_to is null as boolean) as is_newest,
    cast(is_declared as boolean) as is_declared
from {{ ref('int_agents__history') }}
