-- One row per survey sent to a customer up to as_of, answered or not. Invitations of employees have no rows here.
with invitations as (
    select
        invitations.*,
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
        on invitations.call_id = calls.call_id
    left join {{ ref('stg_tickets') }} as tickets
        on invitations.ticket_id = tickets.ticket_id
)

select
    cast(about.invitation_id as {{ dbt.type_string() }}) as invitation_id,
    cast(about.source_system as {{ dbt.type_string() }}) as source_system,
    cast(about.survey_id as {{ dbt.type_string() }}) as survey_id,
    cast(about.survey_type as {{ dbt.type_string() }}) as survey_type,
    cast(about.sent_date as date) as sent_date,
    cast(about.sent_at as timestamp) as sent_at,
    cast(about.call_id as {{ dbt.type_string() }}) as call_id,
    cast(about.ticket_id as {{ dbt.type_string() }}) as ticket_id,
    cast(about.queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(about.channel as {{ dbt.type_string() }}) as channel,
    cast(about.judged_agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(coalesce(about.team_id, agents.team_id) as {{ dbt.type_string() }}) as team_id,
    cast(answered.invitation_id is not null as boolean) as is_answered
from about
left join answered
    on about.invitation_id = answered.invitation_id
left join {{ ref('int_agents__history') }} as agents
    on
        about.judged_agent_id = agents.agent_id
        and (agents.valid_from is null or about.sent_date >= agents.valid_from)
        and (agents.valid_to is null or about.sent_date < agents.valid_to)
