{{ connector_model() }}
-- One row per delivery of a rating that was given: of a ticket rated again the newest counts.
select
    ticket_id as response_id,
    ticket_id as invitation_id,
    'satisfaction' as survey_id,
    'csat' as survey_type,
    updated_at as answered_at,
    score,
    0 as scale_min,
    1 as scale_max,
    ticket_id,
    requester_id as customer_id,
    assignee_id as agent_id,
    updated_at,
    _file,
    _row
from {{ ref('zendesk__read_satisfaction_ratings') }}
where
    _left_out_for is null
    and score is not null
