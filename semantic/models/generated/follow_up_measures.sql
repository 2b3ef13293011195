-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        touch_date as measure_date,
        campaign_id,
        contact_list_id,
        agent_id,
        team_id,
        count(*) as follow_ups,
        count(*) filter (where is_last_follow_up_before_conversion) as secondary_conversions
    from callmart.marts.fct_lead_touches
    where is_follow_up
    group by touch_date, campaign_id, contact_list_id, agent_id, team_id
)

select
    measure_date,
    campaign_id as campaign,
    contact_list_id as contact_list,
    agent_id as agent,
    team_id as team,
    cast(follow_ups as bigint) as follow_ups,
    cast(secondary_conversions as bigint) as secondary_conversions
from daily
