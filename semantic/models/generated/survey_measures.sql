-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        answer_date as measure_date,
        survey_id,
        queue_id,
        agent_id,
        team_id,
        case when survey_type = 'csat' then count(*) filter (where is_valid) end as csat_answers,
        case when survey_type = 'csat' then count(*) filter (where is_positive) end as csat_positive_answers,
        case when survey_type = 'csat' then coalesce(sum(csat_score), 0) end as csat_score,
        case when survey_type = 'nps' then count(*) filter (where is_valid) end as nps_answers,
        case when survey_type = 'nps' then count(*) filter (where is_promoter) end as nps_promoters,
        case when survey_type = 'nps' then count(*) filter (where is_detractor) end as nps_detractors,
        case when survey_type = 'nps' then count(*) filter (where is_promoter) - count(*) filter (where is_detractor) end as nps_net_promoters,
        case when survey_type = 'ces' then count(*) filter (where is_valid) end as ces_answers,
        case when survey_type = 'ces' then count(*) filter (where is_easy) end as ces_easy_answers,
        case when survey_type = 'ces' then count(*) filter (where is_difficult) end as ces_difficult_answers,
        case when survey_type = 'ces' then count(*) filter (where is_easy) - count(*) filter (where is_difficult) end as ces_net_easy_answers
    from callmart.marts.fct_survey_responses
    group by answer_date, survey_id, survey_type, queue_id, agent_id, team_id
)

select
    measure_date,
    queue_id as queue,
    team_id as team,
    agent_id as agent,
    survey_id as survey,
    cast(csat_answers as bigint) as csat_answers,
    cast(csat_positive_answers as bigint) as csat_positive_answers,
    cast(csat_score as decimal(38, 12)) as csat_score,
    cast(nps_answers as bigint) as nps_answers,
    cast(nps_promoters as bigint) as nps_promoters,
    cast(nps_detractors as bigint) as nps_detractors,
    cast(nps_net_promoters as bigint) as nps_net_promoters,
    cast(ces_answers as bigint) as ces_answers,
    cast(ces_easy_answers as bigint) as ces_easy_answers,
    cast(ces_difficult_answers as bigint) as ces_difficult_answers,
    cast(ces_net_easy_answers as bigint) as ces_net_easy_answers
from daily
