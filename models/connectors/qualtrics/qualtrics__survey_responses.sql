{{ connector_model() }}
-- One row per response and question that the entry names.
with responses as (
    select *
    from {{ ref('qualtrics__read_responses') }}
    where _left_out_for is null
),

invitations as (
    select
        folder,
        response_id,
        min(invitation_id) as invitation_id
    from {{ ref('qualtrics__read_distribution_history') }}
    where
        response_id is not null
        and _left_out_for is null
    group by folder, response_id
),

answers as (
    {%- for question in qualtrics_questions() %}
    select
        *,
        '{{ question.survey_type }}' as survey_type,
        '{{ question.name }}' as question_id,
        {{ qualtrics_answer(question) }} as score,
        {{ question.worst }} as worst,
        {{ question.best }} as best
    from responses
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    answers.response_id || '-' || answers.question_id as response_id,
    invitations.invitation_id,
    answers.survey_id,
    answers.survey_type,
    answers.question_id,
    answers.answered_at,
    answers.score,
    least(answers.worst, answers.best) as scale_min,
    greatest(answers.worst, answers.best) as scale_max,
    answers.worst < answers.best as higher_is_better,
    answers.reference as customer_id,
    {%- for name in ['call_id', 'ticket_id', 'agent_id', 'team_id'] %}
    coalesce({{ json_text('answers.other_columns', name) }}, {{ json_text('answers.answers', name) }}) as {{ name }},
    {%- endfor %}
    answers._file,
    answers._row
from answers
left join invitations
    on
        answers.folder = invitations.folder
        and answers.response_id = invitations.response_id
where answers.score is not null
