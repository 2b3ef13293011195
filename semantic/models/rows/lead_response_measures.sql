-- One row per lead that was called.
select
    created_date as measure_date,
    campaign_id as campaign,
    source_channel,
    created_team_id as team,
    owner_agent_id as agent,
    industry,
    company_size,
    cast(response_seconds as double) as response_seconds
from callmart.marts.fct_leads
where is_called
