-- One row per local day, queue, channel, agent, team and product feature on which tickets were created, solved or closed: each side is counted on its own
-- day, with the team the agent was in on that day. The KPIs and the wide mart read the same counts.
{%- set steps = {
    'created': {
        'created_tickets': 'count(*)',
        'replied_tickets': 'count(*) filter (where is_replied)',
        'first_response_seconds': 'coalesce(sum(first_response_seconds), 0)',
        'replied_tickets_with_known_hours': 'count(first_response_opening_seconds)',
        'first_response_opening_seconds': 'coalesce(sum(first_response_opening_seconds), 0)',
        'escalated_tickets': 'count(*) filter (where is_escalated)',
        'reopened_tickets': 'count(*) filter (where is_reopened)',
        'complaint_tickets': 'count(*) filter (where is_complaint)',
    },
    'solved': {
        'solved_tickets': 'count(*)',
        'resolution_seconds': 'coalesce(sum(resolution_seconds), 0)',
        'tickets_solved_at_first_contact': 'count(*) filter (where is_solved_at_first_contact)',
    },
    'closed': {
        'closed_tickets': 'count(*)',
        'case_handle_seconds': 'coalesce(sum(case_handle_seconds), 0)',
        'closed_tickets_with_known_hours': 'count(case_handle_opening_seconds)',
        'case_handle_opening_seconds': 'coalesce(sum(case_handle_opening_seconds), 0)',
    },
} %}
{%- for step in steps %}
select
    {{ step }}_date as measure_date,
    queue_id,
    channel,
    agent_id,
    {{ step }}_team_id as team_id,
    product_feature,
    {%- for own_step, counts in steps.items() %}{% set last_step = loop.last %}{% for measure, aggregate in counts.items() %}
    {{ aggregate if own_step == step else '0' }} as {{ measure }}{{ ',' if not (last_step and loop.last) }}
    {%- endfor %}{% endfor %}
from {{ ref('fct_tickets') }}
where {{ step }}_date is not null
group by {{ step }}_date, queue_id, channel, agent_id, {{ step }}_team_id, product_feature
{{ 'union all' if not loop.last }}
{%- endfor %}
