{{ config(materialized='incremental', meta={'touched': 'contact_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one mature contact: first contact resolution, on the agent, team and queue of the contact's last answered leg.
{%- set measures = measures_of('resolution_measures') %}
with daily as (
    select
        contact_date as measure_date,
        queue_id,
        agent_id,
        team_id,
        agent_site,
        count(*) as mature_contacts,
        count(*) filter (where is_not_repeated) as not_repeated_contacts,
        count(*) filter (where is_first_contact) as first_contacts,
        count(*) filter (where is_resolved_at_first_contact) as contacts_resolved_at_first
    from {{ ref('fct_contacts') }}
    where
        is_mature
        and {{ is_touched('contact_days', 'contact_date') | indent(8) }}
    group by contact_date, queue_id, agent_id, team_id, agent_site
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'queue': 'queue_id', 'team': 'team_id', 'agent': 'agent_id', 'site': 'agent_site'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
