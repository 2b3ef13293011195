-- One row: the first and last UTC day on which anything happened. The calendars cover it.
{%- set facts = [
    ('stg_calls', 'started_at', 'ended_at'), ('stg_agent_states', 'started_at', 'ended_at'),
    ('stg_selfservice_sessions', 'started_at', 'started_at'),
] %}
with spans as (
    {%- for model, first, last in facts %}
    select
        min({{ first }}) as first_at,
        greatest(max({{ first }}), max({{ last }})) as last_at
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
