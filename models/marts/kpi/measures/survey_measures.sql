-- One row per day of answer and scope with at least one answer of a customer. The measures of a kind of survey nobody answered are null.
{%- set measures = measures_of('survey_measures') %}
with daily as (
    select
        answer_date as measure_date,
        survey_id,
        queue_id,
        agent_id,
        team_id,
        {%- for survey_type, counts in {
            'csat': {
                'csat_answers': 'count(*) filter (where is_valid)',
                'csat_positive_answers': 'count(*) filter (where is_positive)',
                'csat_score': 'coalesce(sum(csat_score), 0)',
            },
            'nps': {
                'nps_answers': 'count(*) filter (where is_valid)',
                'nps_promoters': 'count(*) filter (where is_promoter)',
                'nps_detractors': 'count(*) filter (where is_detractor)',
                'nps_net_promoters': 'count(*) filter (where is_promoter) - count(*) filter (where is_detractor)',
            },
            'ces': {
                'ces_answers': 'count(*) filter (where is_valid)',
                'ces_easy_answers': 'count(*) filter (where is_easy)',
                'ces_difficult_answers': 'count(*) filter (where is_difficult)',
                'ces_net_easy_answers': 'count(*) filter (where is_easy) - count(*) filter (where is_difficult)',
            },
        }.items() %}
        {%- set last_type = loop.last %}
        {%- for measure, count in counts.items() %}
        case when survey_type = '{{ survey_type }}' then {{ count }} end as {{ measure }}{{ ',' if not (loop.last and last_type) }}
        {%- endfor %}
        {%- endfor %}
    from {{ ref('fct_survey_responses') }}
    group by answer_date, survey_id, survey_type, queue_id, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'queue': 'queue_id', 'team': 'team_id', 'agent': 'agent_id', 'survey': 'survey_id'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
