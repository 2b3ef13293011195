{{ config(materialized='view') }}
-- One row per quality evaluation of an agent up to as_of, with the queue of its call and the agent's team of that day.
with evaluations as (
    select
        evaluations.*,
        cast({{ utc_to_local('evaluations.evaluated_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as evaluation_date
    from {{ ref('stg_qa_evaluations') }} as evaluations
    cross join {{ ref('int_run') }} as run
    where evaluations.evaluated_at <= run.as_of
)

select
    evaluations.evaluation_id,
    evaluations.source_system,
    evaluations.evaluation_date,
    evaluations.evaluated_at,
    evaluations.agent_id,
    agents.team_id,
    evaluations.call_id,
    calls.queue_id,
    evaluations.score,
    evaluations.max_score,
    evaluations.script_adherence_percent
from evaluations
left join {{ ref('fct_calls') }} as calls
    on evaluations.call_id = calls.call_id and calls.is_counted
left join {{ ref('int_agents__history') }} as agents
    on
        evaluations.agent_id = agents.agent_id
        and {{ in_force('agents', 'evaluations.evaluation_date') }}
