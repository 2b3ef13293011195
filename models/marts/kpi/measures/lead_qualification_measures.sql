-- One row per day and scope with at least one lead qualified after its first contact: how long it took.
{%- set measures = measures_of('lead_qualification_measures') %}
with daily as (
    select
        qualified_date as measure_date,
        campaign_id,
        source_channel,
        qualified_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) as leads_qualified_after_contact,
        sum(qualification_seconds) as qualification_seconds
    from {{ ref('fct_leads') }}
    where qualification_seconds is not null
    group by qualified_date, campaign_id, source_channel, qualified_team_id, owner_agent_id, industry, company_size
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'qualified_team_id', 'agent': 'owner_agent_id',
            'industry': 'industry', 'company_size': 'company_size',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
