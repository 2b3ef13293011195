{{ connector_model() }}
-- One row per survey that was sent, and delivery of its conversation.
with surveys as (
    select
        conversations._file,
        conversations._row,
        {{ parse_instant('conversations.ended_at') }} as conversation_ended_at,
        {{ json_text('lists.item', 'surveyId') }} as survey_id,
        coalesce({{ json_text('lists.item', 'surveyFormContextId') }}, {{ json_text('lists.item', 'surveyFormId') }}) as form_id,
        lower({{ json_text('lists.item', 'surveyStatus') }}) as survey_status,
        {{ json_text('lists.item', 'surveyPromoterScore') }} as promoter_score,
        {{ json_text('lists.item', 'userId') }} as user_id,
        {{ parse_instant(json_text('lists.item', 'eventTime')) }} as event_at,
        {{ parse_instant(json_text('lists.item', 'surveyCompletedDate')) }} as completed_at
    from {{ ref('genesys_cloud__read_conversations') }} as conversations
    cross join lateral {{ json_items('conversations.surveys') }} as lists
    where conversations._left_out_for is null
),

calls as (
    select
        _file,
        _row,
        call_id,
        agent_id,
        row_number() over (partition by _file, _row, agent_id order by started_at desc, call_id desc) as call_rank
    from {{ ref('genesys_cloud__calls') }}
    where direction <> 'internal'
)

select
    surveys.survey_id as invitation_id,
    surveys.form_id as survey_id,
    case when surveys.promoter_score is not null then 'nps' else 'csat' end as survey_type,
    'customer' as respondent_type,
    {{ instant_text('least(surveys.event_at, surveys.completed_at)') }} as sent_at,
    calls.call_id,
    surveys.user_id as agent_id,
    {{ instant_text('greatest(surveys.conversation_ended_at, surveys.event_at, surveys.completed_at)') }} as updated_at,
    surveys._file,
    surveys._row
from surveys
left join calls
    on
        surveys._file = calls._file
        and surveys._row = calls._row
        and surveys.user_id = calls.agent_id
        and calls.call_rank = 1
where surveys.survey_status not in ('pending', 'error')
