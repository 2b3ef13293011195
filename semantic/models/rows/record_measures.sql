-- One row per attempt on a record of a contact list.
select
    call_date as measure_date,
    campaign_id as campaign,
    contact_list_id as contact_list,
    agent_id as agent,
    team_id as team,
    contact_record_id,
    is_contact_established
from callmart.marts.fct_calls
where
    is_outbound
    and contact_record_id is not null
