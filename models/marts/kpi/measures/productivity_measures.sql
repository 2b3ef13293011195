{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one handled inbound leg or outbound contact: what agents got done in the hours they were logged in.
{%- set measures = measures_of('productivity_measures') %}
with daily as (
    select
        call_date as measure_date,
        agent_id,
        team_id,
        count(*) as productive_contacts
    from {{ ref('fct_calls') }}
    where
        (
            is_handled_inbound
            or (is_outbound and is_contact_established)
        )
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'team': 'team_id', 'agent': 'agent_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
