{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one handled leg or outbound attempt: how many of them, in either direction, ended in a conversion.
{%- set measures = measures_of('conversion_measures') %}
with daily as (
    select
        call_date as measure_date,
        campaign_id,
        source_channel,
        agent_id,
        team_id,
        count(*) as handled_or_dialled_calls,
        count(*) filter (where is_conversion) as converting_calls_any_direction
    from {{ ref('fct_calls') }}
    where
        (
            is_handled
            or is_outbound
        )
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, campaign_id, source_channel, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'campaign': 'campaign_id', 'source_channel': 'source_channel', 'team': 'team_id', 'agent': 'agent_id'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
