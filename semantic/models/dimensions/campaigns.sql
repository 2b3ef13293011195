-- One row per campaign.
select
    campaign_id,
    campaign_name,
    campaign_type,
    objective
from callmart.marts.dim_campaigns
