-- One row per day and scope with at least one follow-up of a lead, on the campaign, list, agent and team of the follow-up.
{%- set measures = measures_of('follow_up_measures') %}
with daily as (
    select
        touch_date as measure_date,
        campaign_id,
        contact_list_id,
        agent_id,
        team_id,
        count(*) as follow_ups,
        count(*) filter (where is_last_follow_up_before_conversion) as secondary_conversions
    from {{ ref('fct_lead_touches') }}
    where is_follow_up
    group by touch_date, campaign_id, contact_list_id, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id', 'agent': 'agent_id', 'team': 'team_id'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
