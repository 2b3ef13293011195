{{ connector_model() }}
-- One row per finished survey with a score, and delivery of its conversation: would the customer recommend us, or else the score of the whole form.
with surveys as (
    select
        conversations._file,
        conversations._row,
        {{ json_text('lists.item', 'surveyId') }} as survey_id,
        lower({{ json_text('lists.item', 'surveyStatus') }}) as survey_status,
        {{ json_text('lists.item', 'surveyPromoterScore') }} as promoter_score,
        {{ json_text('lists.item', 'oSurveyTotalScore') }} as total_score,
        coalesce({{ json_text('lists.item', 'surveyCompletedDate') }}, {{ json_text('lists.item', 'eventTime') }}) as answered_at
    from {{ ref('genesys_cloud__read_conversations') }} as conversations
    cross join lateral {{ json_items('conversations.surveys') }} as lists
    where conversations._left_out_for is null
)

select
    surveys.survey_id as response_id,
    surveys.survey_id as invitation_id,
    invitations.survey_id,
    invitations.survey_type,
    surveys.answered_at,
    coalesce(surveys.promoter_score, surveys.total_score) as score,
    0 as scale_min,
    case when surveys.promoter_score is not null then 10 else 100 end as scale_max,
    invitations.call_id,
    invitations.agent_id,
    invitations.updated_at,
    surveys._file,
    surveys._row
from surveys
inner join {{ ref('genesys_cloud__survey_invitations') }} as invitations
    on
        surveys._file = invitations._file
        and surveys._row = invitations._row
        and surveys.survey_id = invitations.invitation_id
where
    surveys.survey_status = 'finished'
    and coalesce(surveys.promoter_score, surveys.total_score) is not null
