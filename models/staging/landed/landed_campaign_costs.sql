{{ landed('campaign_costs') }}
