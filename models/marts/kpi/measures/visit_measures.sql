-- One row per day and scope with visits of the web site.
{%- set measures = measures_of('visit_measures') %}
with daily as (
    select
        visit_date as measure_date,
        source_channel,
        campaign_id,
        sum(visits) as website_visits
    from {{ ref('fct_web_visits') }}
    group by visit_date, source_channel, campaign_id
),

by_scope as (
    {{ measures_by_scope(
        'daily', {'all': none, 'source_channel': 'source_channel', 'campaign': 'campaign_id'}, measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
