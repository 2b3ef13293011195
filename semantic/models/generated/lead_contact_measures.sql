-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        contacted_date as measure_date,
        campaign_id,
        source_channel,
        contacted_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) filter (where is_due_follow_up) as leads_due_follow_up,
        count(*) filter (where is_due_and_followed_up) as due_leads_followed_up,
        count(*) filter (where follow_ups > 0) as leads_followed_up,
        sum(follow_ups) as lead_follow_ups
    from callmart.marts.fct_leads
    where is_contacted
    group by contacted_date, campaign_id, source_channel, contacted_team_id, owner_agent_id, industry, company_size
)

select
    measure_date,
    campaign_id as campaign,
    source_channel,
    contacted_team_id as team,
    owner_agent_id as agent,
    industry,
    company_size,
    cast(leads_due_follow_up as bigint) as leads_due_follow_up,
    cast(due_leads_followed_up as bigint) as due_leads_followed_up,
    cast(leads_followed_up as bigint) as leads_followed_up,
    cast(lead_follow_ups as bigint) as lead_follow_ups
from daily
