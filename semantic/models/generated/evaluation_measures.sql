-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        evaluation_date as measure_date,
        queue_id,
        agent_id,
        team_id,
        count(*) as evaluations,
        sum(score) as points_scored,
        sum(max_score) as points_possible,
        coalesce(sum(script_adherence_percent), 0) as script_adherence_points,
        count(script_adherence_percent) as evaluations_with_adherence
    from callmart.marts.fct_qa_evaluations
    group by evaluation_date, queue_id, agent_id, team_id
)

select
    measure_date,
    team_id as team,
    agent_id as agent,
    queue_id as queue,
    cast(evaluations as bigint) as evaluations,
    cast(points_scored as decimal(38, 12)) as points_scored,
    cast(points_possible as decimal(38, 12)) as points_possible,
    cast(script_adherence_points as decimal(38, 12)) as script_adherence_points,
    cast(evaluations_with_adherence as bigint) as evaluations_with_adherence
from daily
