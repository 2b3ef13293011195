-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        sent_date as measure_date,
        survey_id,
        queue_id,
        agent_id,
        team_id,
        count(*) as survey_invitations,
        count(*) filter (where is_answered) as answered_survey_invitations
    from callmart.marts.fct_survey_invitations
    group by sent_date, survey_id, queue_id, agent_id, team_id
)

select
    measure_date,
    queue_id as queue,
    team_id as team,
    agent_id as agent,
    survey_id as survey,
    cast(survey_invitations as bigint) as survey_invitations,
    cast(answered_survey_invitations as bigint) as answered_survey_invitations
from daily
