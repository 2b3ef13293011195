-- One row: the first and last UTC day on which anything happened. The calendars cover it.
{%- set facts = [
    ('stg_calls', 'started_at', ['ended_at']), ('stg_agent_states', 'started_at', ['ended_at']),
    ('stg_selfservice_sessions', 'started_at', []), ('stg_leads', 'created_at', []),
    ('stg_tickets', 'created_at', ['first_reply_at', 'solved_at', 'closed_at']),
    ('stg_survey_invitations', 'sent_at', []), ('stg_survey_responses', 'answered_at', []), ('stg_qa_evaluations', 'evaluated_at', []),
    ('stg_one_on_ones', 'held_at', []),
    ('stg_orders', 'ordered_at', []), ('stg_opportunities', 'created_at', ['closed_at']), ('stg_email_sends', 'sent_at', []),
    ('stg_campaign_costs', 'cost_date', []), ('stg_web_visits', 'visit_date', []),
] %}
with happened as (
    {%- for model, first, later in facts %}
    {%- for column in [first] + later %}
    select
        {{ first if loop.first else 'cast(null as timestamp)' }} as first_at,
        {{ column }} as last_at
    from {{ ref(model) }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        as_of as first_at,
        as_of as last_at
    from {{ ref('int_run') }}
)

select
    cast(min(first_at) as date) as first_date,
    cast(max(last_at) as date) as last_date
from happened
