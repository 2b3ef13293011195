-- One row per answer up to as_of, judged by its scale and put in its place. An employee's answer keeps its team and loses whom it is about.
with answers as (
    select
        responses.*,
        run.as_of,
        responses.survey_type in ('enps', 'pulse') or coalesce(invitations.respondent_type = 'employee', false) as is_employee,
        case
            when responses.higher_is_better then responses.score
            else responses.scale_min + responses.scale_max - responses.score
        end as turned_score,
        coalesce(responses.call_id, invitations.call_id) as judged_call_id,
        coalesce(responses.ticket_id, invitations.ticket_id) as judged_ticket_id,
        coalesce(responses.agent_id, invitations.agent_id) as stated_agent_id,
        coalesce(responses.team_id, invitations.team_id) as stated_team_id,
        cast({{ utc_to_local('responses.answered_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as answer_date
    from {{ ref('stg_survey_responses') }} as responses
    left join {{ ref('stg_survey_invitations') }} as invitations
        on responses.invitation_id = invitations.invitation_id
    cross join {{ ref('int_run') }} as run
    where responses.answered_at <= run.as_of
),

about as (
    select
        answers.*,
        coalesce(calls.queue_id, tickets.queue_id) as queue_id,
        coalesce(calls.channel, tickets.channel) as channel,
        coalesce(answers.stated_agent_id, calls.agent_id, tickets.agent_id) as judged_agent_id
    from answers
    left join {{ ref('fct_calls') }} as calls
        on answers.judged_call_id = calls.call_id and calls.is_counted
    left join {{ ref('stg_tickets') }} as tickets
        on answers.judged_ticket_id = tickets.ticket_id and answers.as_of >= tickets.created_at
),

final as (
    select
        about.response_id,
        about.source_system,
        about.survey_id,
        about.survey_type,
        about.question_id,
        about.is_employee,
        about.answer_date,
        about.score,
        about.scale_min,
        about.scale_max,
        about.higher_is_better,
        {%- for kept, as_name in {
            'answered_at': 'answered_at', 'invitation_id': 'invitation_id', 'judged_call_id': 'call_id', 'judged_ticket_id': 'ticket_id',
            'customer_id': 'customer_id', 'queue_id': 'queue_id', 'channel': 'channel', 'judged_agent_id': 'agent_id',
        }.items() %}
        case when not about.is_employee then about.{{ kept }} end as {{ as_name }},
        {%- endfor %}
        coalesce(about.stated_team_id, agents.team_id) as team_id,
        scales.survey_type is not null as is_valid,
        coalesce(about.turned_score >= scales.favourable_from, false) as is_favourable,
        coalesce(about.turned_score <= scales.unfavourable_to, false) as is_unfavourable,
        case
            when scales.survey_type is not null
                then cast(
                    1 + 4 * cast(about.turned_score - about.scale_min as double) / cast(about.scale_max - about.scale_min as double)
                    as decimal(38, 12)
                )
        end as score_of_5
    from about
    left join {{ ref('survey_scales') }} as scales
        on
            about.survey_type = scales.survey_type
            and about.scale_min = scales.scale_min
            and about.scale_max = scales.scale_max
    left join {{ ref('int_agents__history') }} as agents
        on
            about.judged_agent_id = agents.agent_id
            and {{ in_force('agents', 'about.answer_date') }}
)

select * from final
