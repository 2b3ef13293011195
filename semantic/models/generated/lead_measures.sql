-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        created_date as measure_date,
        campaign_id,
        source_channel,
        created_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) as leads_collected,
        count(*) filter (where is_called) as leads_called,
        count(*) filter (where is_never_called) as leads_never_called,
        coalesce(sum(response_seconds), 0) as response_seconds,
        count(response_opening_seconds) as leads_called_with_known_opening_time,
        coalesce(sum(response_opening_seconds), 0) as response_opening_seconds
    from callmart.marts.fct_leads
    group by created_date, campaign_id, source_channel, created_team_id, owner_agent_id, industry, company_size
)

select
    measure_date,
    campaign_id as campaign,
    source_channel,
    created_team_id as team,
    owner_agent_id as agent,
    industry,
    company_size,
    cast(leads_collected as bigint) as leads_collected,
    cast(leads_called as bigint) as leads_called,
    cast(leads_never_called as bigint) as leads_never_called,
    cast(response_seconds as bigint) as response_seconds,
    cast(leads_called_with_known_opening_time as bigint) as leads_called_with_known_opening_time,
    cast(response_opening_seconds as bigint) as response_opening_seconds
from daily
