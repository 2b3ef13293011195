-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        converted_date as measure_date,
        campaign_id,
        source_channel,
        converted_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) as leads_converted_after_contact,
        sum(conversion_seconds) as conversion_seconds
    from callmart.marts.fct_leads
    where conversion_seconds is not null
    group by converted_date, campaign_id, source_channel, converted_team_id, owner_agent_id, industry, company_size
)

select
    measure_date,
    campaign_id as campaign,
    source_channel,
    converted_team_id as team,
    owner_agent_id as agent,
    industry,
    company_size,
    cast(leads_converted_after_contact as bigint) as leads_converted_after_contact,
    cast(conversion_seconds as bigint) as conversion_seconds
from daily
