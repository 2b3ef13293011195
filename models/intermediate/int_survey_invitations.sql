{{ config(materialized='view') }}
-- One row per survey sent to a customer up to as_of, put in the place of what it asked about, and whether it was answered.
with invitations as (
    select
        invitations.*,
        run.as_of,
        cast({{ utc_to_local('invitations.sent_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as sent_date
    from {{ ref('stg_survey_invitations') }} as invitations
    cross join {{ ref('int_run') }} as run
    where
        invitations.sent_at <= run.as_of
        and invitations.respondent_type = 'customer'
        and invitations.survey_type not in ('enps', 'pulse')
),

answered as (
    select distinct responses.invitation_id
    from {{ ref('stg_survey_responses') }} as responses
    cross join {{ ref('int_run') }} as run
    where responses.answered_at <= run.as_of
),

about as (
    select
        invitations.*,
        coalesce(calls.queue_id, tickets.queue_id) as queue_id,
        coalesce(calls.channel, tickets.channel) as channel,
        coalesce(invitations.agent_id, calls.agent_id, tickets.agent_id) as judged_agent_id
    from invitations
    left join {{ ref('fct_calls') }} as calls
        on invitations.call_id = calls.call_id and calls.is_counted
    left join {{ ref('stg_tickets') }} as tickets
        on invitations.ticket_id = tickets.ticket_id and invitations.as_of >= tickets.created_at
)

select
    about.invitation_id,
    about.source_system,
    about.survey_id,
    about.survey_type,
    about.sent_date,
    about.sent_at,
    about.call_id,
    about.ticket_id,
    about.queue_id,
    about.channel,
    about.judged_agent_id as agent_id,
    coalesce(about.team_id, agents.team_id) as team_id,
    answered.invitation_id is not null as is_answered
from about
left join answered
    on about.invitation_id = answered.invitation_id
left join {{ ref('int_agents__history') }} as agents
    on
        about.judged_agent_id = agents.agent_id
        and {{ in_force('agents', 'about.sent_date') }}
