-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        visit_date as measure_date,
        source_channel,
        campaign_id,
        sum(visits) as website_visits
    from callmart.marts.fct_web_visits
    group by visit_date, source_channel, campaign_id
)

select
    measure_date,
    source_channel,
    campaign_id as campaign,
    cast(website_visits as bigint) as website_visits
from daily
