{{ staged('lead_activities') }}
