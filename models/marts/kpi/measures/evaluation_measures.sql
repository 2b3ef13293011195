-- One row per day and scope with at least one quality evaluation.
{%- set measures = measures_of('evaluation_measures') %}
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
    from {{ ref('fct_qa_evaluations') }}
    group by evaluation_date, queue_id, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'team': 'team_id', 'agent': 'agent_id', 'queue': 'queue_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
