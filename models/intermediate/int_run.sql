-- One row: the run, and the instant up to which data count. Without the variable `as_of` it is the newest event of the facts, so that no model
-- reads the clock and the same files give the same numbers.
{%- set facts = [
    ('stg_calls', ['started_at', 'answered_at']), ('stg_agent_states', ['started_at']), ('stg_customer_events', ['occurred_at']),
    ('stg_leads', ['created_at']), ('stg_lead_activities', ['occurred_at']), ('stg_opportunities', ['created_at']),
    ('stg_orders', ['ordered_at']), ('stg_tickets', ['created_at']), ('stg_survey_responses', ['answered_at']),
    ('stg_selfservice_sessions', ['started_at']),
] %}
{%- set given = (var('as_of') or '') | string %}
with events as (
    {%- for model, columns in facts %}{% for column in columns %}
    select {{ column }} as happened_at from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}{{ 'union all' if not loop.last }}{% endfor %}
),

newest as (
    select max(happened_at) as newest_at from events
),

final as (
    select
        run.run_started_at,
        {%- if not given %}
        coalesce(newest.newest_at, run.run_started_at)
        {%- elif given | length == 10 %}
        {{ plus_seconds(local_to_utc("(timestamp '" ~ given ~ " 00:00:00' + interval 1 day)", "'" ~ var('reporting_timezone') ~ "'"), '-0.000001') }}
        {%- else %}
        {{ parse_instant("'" ~ given ~ "'") }}
        {%- endif %} as as_of,
        run.is_sample
    from newest
    cross join {{ source('landing', 'run') }} as run
)

select
    cast(run_started_at as timestamp) as run_started_at,
    cast(as_of as timestamp) as as_of,
    cast({{ utc_to_local('as_of', "'" ~ var('reporting_timezone') ~ "'") }} as date) as as_of_date,
    is_sample
from final
