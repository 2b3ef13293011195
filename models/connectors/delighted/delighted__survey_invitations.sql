{{ connector_model() }}
-- One row per person and list, as the survey last sent to them.
select
    invitation_id,
    asked as survey_id,
    survey_type,
    case when survey_type = 'enps' then 'employee' else 'customer' end as respondent_type,
    {{ instant_text('sent_at') }} as sent_at,
    _file,
    _row
from {{ ref('delighted__read_people') }}
where _left_out_for is null
