-- One row per kind of employee survey, team (null: unknown) and day with a valid answer.
select
    survey_type,
    team_id,
    answer_date,
    count(*) as answers,
    count(*) filter (where is_favourable) as favourable_answers,
    count(*) filter (where is_unfavourable) as unfavourable_answers
from {{ ref('int_survey_answers') }}
where
    is_valid
    and survey_type in ('enps', 'pulse')
group by survey_type, team_id, answer_date
