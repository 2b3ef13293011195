{{ connector_model() }}
-- One row per delivery of a rating that was asked for: a ticket is asked about once.
select
    ticket_id as invitation_id,
    'satisfaction' as survey_id,
    'csat' as survey_type,
    'customer' as respondent_type,
    {{ instant_text('asked_at') }} as sent_at,
    ticket_id,
    assignee_id as agent_id,
    updated_at,
    _file,
    _row
from {{ ref('zendesk__read_satisfaction_ratings') }}
where _left_out_for is null
