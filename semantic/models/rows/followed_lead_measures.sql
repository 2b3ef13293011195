-- One row per follow-up of a lead that was not converted before its first.
select
    touch_date as measure_date,
    campaign_id as campaign,
    contact_list_id as contact_list,
    agent_id as agent,
    team_id as team,
    lead_id
from callmart.marts.fct_lead_touches
where is_follow_up_of_unconverted_lead
