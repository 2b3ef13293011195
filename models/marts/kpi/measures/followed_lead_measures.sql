-- One row per grain, period and scope with at least one follow-up of a lead that was not converted before its first: each lead once per period.
{%- set measures = measures_of('followed_lead_measures') %}
with follow_ups as (
    select
        touch_date as measure_date,
        lead_id,
        campaign_id,
        contact_list_id,
        agent_id,
        team_id
    from {{ ref('fct_lead_touches') }}
    where is_follow_up_of_unconverted_lead
),

by_period as (
    {{ measures_by_period(
        'follow_ups',
        {'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id', 'agent': 'agent_id', 'team': 'team_id'},
        {'unconverted_leads_followed_up': 'count(distinct lead_id)'}
    ) | indent(4) }}
)

select
    {{ period_measure_columns(measures) }}
from by_period
