-- One row per grain, period and scope with at least one lead created in it and called: the median time to the first attempt.
{%- set measures = measures_of('lead_response_measures') %}
with called as (
    select
        created_date as measure_date,
        campaign_id,
        source_channel,
        created_team_id,
        owner_agent_id,
        industry,
        company_size,
        response_seconds
    from {{ ref('fct_leads') }}
    where is_called
),

by_period as (
    {{ measures_by_period(
        'called',
        {
            'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'created_team_id', 'agent': 'owner_agent_id',
            'industry': 'industry', 'company_size': 'company_size',
        },
        {'median_response_seconds': exact_percentile('response_seconds', 0.5)}
    ) | indent(4) }}
)

select
    {{ period_measure_columns(measures) }}
from by_period
