{{ connector_model() }}
-- One row per delivery of an answer. It answers the last survey known to be sent to the person before it.
with answers as (
    select *
    from {{ ref('delighted__read_survey_responses') }}
    where _left_out_for is null
),

invitations as (
    select
        answers._file,
        answers._row,
        {{ value_at_last('people.invitation_id', ordering_key(['people.sent_at', 'people.invitation_id'])) }} as invitation_id
    from answers
    inner join {{ ref('delighted__read_people') }} as people
        on
            answers.folder = people.folder
            and answers.person_id = people.person_id
            and answers.asked = people.asked
            and answers.answered_at >= people.sent_at
    where people._left_out_for is null
    group by answers._file, answers._row
)

select
    answers.answer_id as response_id,
    invitations.invitation_id,
    answers.asked as survey_id,
    answers.survey_type,
    {{ instant_text('answers.answered_at') }} as answered_at,
    answers.score,
    answers.scale_min,
    answers.scale_max,
    {%- for name in ['call_id', 'ticket_id', 'customer_id', 'agent_id', 'team_id'] %}
    {{ json_text('answers.properties', name) }} as {{ name }},
    {%- endfor %}
    {{ instant_text('answers.updated_at') }} as updated_at,
    answers._file,
    answers._row
from answers
left join invitations
    on
        answers._file = invitations._file
        and answers._row = invitations._row
