-- One row per day and scope with at least one lead contacted for the first time: how leads were followed up from there.
{%- set measures = measures_of('lead_contact_measures') %}
with daily as (
    select
        contacted_date as measure_date,
        campaign_id,
        source_channel,
        contacted_team_id,
        owner_agent_id,
        industry,
        company_size,
        count(*) filter (where is_due_follow_up) as leads_due_follow_up,
        count(*) filter (where is_due_and_followed_up) as due_leads_followed_up,
        count(*) filter (where follow_ups > 0) as leads_followed_up,
        sum(follow_ups) as lead_follow_ups
    from {{ ref('fct_leads') }}
    where is_contacted
    group by contacted_date, campaign_id, source_channel, contacted_team_id, owner_agent_id, industry, company_size
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'contacted_team_id', 'agent': 'owner_agent_id',
            'industry': 'industry', 'company_size': 'company_size',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
