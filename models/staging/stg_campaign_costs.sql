{{ staged('campaign_costs') }}
