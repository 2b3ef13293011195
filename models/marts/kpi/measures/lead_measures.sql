-- One row per day and scope with at least one lead created: how many came in, and how soon they were called.
{%- set measures = measures_of('lead_measures') %}
with daily as (
    select
        created_date as measure_date,
        campaign_id,
        source_channel,
        created_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) as leads_collected,
        count(*) filter (where is_called) as leads_called,
        count(*) filter (where is_never_called) as leads_never_called,
        coalesce(sum(response_seconds), 0) as response_seconds,
        count(response_opening_seconds) as leads_called_with_known_opening_time,
        coalesce(sum(response_opening_seconds), 0) as response_opening_seconds
    from {{ ref('fct_leads') }}
    group by created_date, campaign_id, source_channel, created_team_id, owner_agent_id, industry, company_size
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'created_team_id', 'agent': 'owner_agent_id',
            'industry': 'industry', 'company_size': 'company_size',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
