-- One row per pulse survey sent up to as_of: day, team and whether it was answered. Whom it went to stays behind.
with invitations as (
    select
        invitations.*,
        cast({{ utc_to_local('invitations.sent_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as sent_date
    from {{ ref('stg_survey_invitations') }} as invitations
    cross join {{ ref('int_run') }} as run
    where
        invitations.sent_at <= run.as_of
        and invitations.survey_type = 'pulse'
),

answered as (
    select distinct responses.invitation_id
    from {{ ref('stg_survey_responses') }} as responses
    cross join {{ ref('int_run') }} as run
    where responses.answered_at <= run.as_of
)

select
    invitations.sent_date,
    coalesce(invitations.team_id, agents.team_id) as team_id,
    answered.invitation_id is not null as is_answered
from invitations
left join answered
    on invitations.invitation_id = answered.invitation_id
left join {{ ref('int_agents__history') }} as agents
    on
        invitations.agent_id = agents.agent_id
        and {{ in_force('agents', 'invitations.sent_date') }}
