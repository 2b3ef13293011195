-- One row per day and scope with at least one lead converted after its first contact: how long it took.
{%- set measures = measures_of('lead_conversion_measures') %}
with daily as (
    select
        converted_date as measure_date,
        campaign_id,
        source_channel,
        converted_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) as leads_converted_after_contact,
        sum(conversion_seconds) as conversion_seconds
    from {{ ref('fct_leads') }}
    where conversion_seconds is not null
    group by converted_date, campaign_id, source_channel, converted_team_id, owner_agent_id, industry, company_size
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'converted_team_id', 'agent': 'owner_agent_id',
            'industry': 'industry', 'company_size': 'company_size',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
