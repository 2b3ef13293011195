-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        qualified_date as measure_date,
        campaign_id,
        source_channel,
        qualified_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) as leads_qualified_after_contact,
        sum(qualification_seconds) as qualification_seconds
    from callmart.marts.fct_leads
    where qualification_seconds is not null
    group by qualified_date, campaign_id, source_channel, qualified_team_id, owner_agent_id, industry, company_size
)

select
    measure_date,
    campaign_id as campaign,
    source_channel,
    qualified_team_id as team,
    owner_agent_id as agent,
    industry,
    company_size,
    cast(leads_qualified_after_contact as bigint) as leads_qualified_after_contact,
    cast(qualification_seconds as bigint) as qualification_seconds
from daily
