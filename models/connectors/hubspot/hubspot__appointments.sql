{{ connector_model() }}
-- One row per meeting and list.
select
    meeting_id as appointment_id,
    contact_id as lead_id,
    owner_id as agent_id,
    created_at as booked_at,
    starts_at as scheduled_for,
    case outcome
        when 'SCHEDULED' then 'booked'
        when 'RESCHEDULED' then 'booked'
        when 'COMPLETED' then 'held'
        when 'NO_SHOW' then 'no_show'
        when 'CANCELED' then 'cancelled'
    end as status,
    updated_at,
    _file,
    _row
from {{ ref('hubspot__read_meetings') }}
where _left_out_for is null
