-- One row per quality evaluation of an agent up to as_of. The queue is that of the call evaluated.
select
    cast(evaluation_id as {{ dbt.type_string() }}) as evaluation_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(evaluation_date as date) as evaluation_date,
    cast(evaluated_at as timestamp) as evaluated_at,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(call_id as {{ dbt.type_string() }}) as call_id,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(score as decimal(18, 4)) as score,
    cast(max_score as decimal(18, 4)) as max_score,
    cast(script_adherence_percent as decimal(18, 4)) as script_adherence_percent
from {{ ref('int_qa_evaluations') }}
