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
with spans as (
    {%- for model, first, later in facts %}
    select
        min({{ first }}) as first_at,
        {%- if later %}
        greatest(
            {%- for column in [first] + later %}
            max({{ column }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as last_at
        {%- else %}
        max({{ first }}) as last_at
        {%- endif %}
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    union all
    select
        as_of as first_at,
        as_of as last_at
    from {{ ref('int_run') }}
)

select
    cast(min(first_at) as date) as first_date,
    cast(max(last_at) as date) as last_date
from spans
