{{ landed('lead_activities') }}
