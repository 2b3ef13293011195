-- One row per attempt that reached a person, or converted one. A person counts once in each campaign.
select
    call_date as measure_date,
    campaign_id as campaign,
    contact_list_id as contact_list,
    agent_id as agent,
    team_id as team,
    coalesce(campaign_id, '') || chr(31) || person_id as prospect,
    is_contact_established,
    is_conversion
from callmart.marts.fct_calls
where
    is_outbound
    and person_id is not null
    and (is_contact_established or is_conversion)
