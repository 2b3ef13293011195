-- One row per quality evaluation of an agent up to as_of. The queue is that of the call evaluated.
with evaluations as (
    select
        evaluations.*,
        cast({{ utc_to_local('evaluations.evaluated_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as evaluation_date
    from {{ ref('stg_qa_evaluations') }} as evaluations
    cross join {{ ref('int_run') }} as run
    where evaluations.evaluated_at <= run.as_of
)

select
    cast(evaluations.evaluation_id as {{ dbt.type_string() }}) as evaluation_id,
    cast(evaluations.source_system as {{ dbt.type_string() }}) as source_system,
    cast(evaluations.evaluation_date as date) as evaluation_date,
    cast(evaluations.evaluated_at as timestamp) as evaluated_at,
    cast(evaluations.agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(agents.team_id as {{ dbt.type_string() }}) as team_id,
    cast(evaluations.call_id as {{ dbt.type_string() }}) as call_id,
    cast(calls.queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(evaluations.score as decimal(18, 4)) as score,
    cast(evaluations.max_score as decimal(18, 4)) as max_score,
    cast(evaluations.script_adherence_percent as decimal(18, 4)) as script_adherence_percent
from evaluations
left join {{ ref('fct_calls') }} as calls
    on evaluations.call_id = calls.call_id
left join {{ ref('int_agents__history') }} as agents
    on
        evaluations.agent_id = agents.agent_id
        and (agents.valid_from is null or evaluations.evaluation_date >= agents.valid_from)
        and (agents.valid_to is null or evaluations.evaluation_date < agents.valid_to)
