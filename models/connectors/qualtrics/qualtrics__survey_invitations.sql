{{ connector_model() }}
-- One row per contact of an invitation and list.
select
    invitation_id,
    survey_id,
    survey_type,
    case when survey_type in ('enps', 'pulse') then 'employee' else 'customer' end as respondent_type,
    sent_at,
    _file,
    _row
from {{ ref('qualtrics__read_distribution_history') }}
where
    is_invitation
    and _left_out_for is null
