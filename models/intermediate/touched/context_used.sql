-- One row per row of `context`, as this run used it: written last, so that a run that breaks off finds the changes again.
-- depends_on: {{ ref('touched_calls') }}
-- depends_on: {{ ref('touched_contacts') }}
-- depends_on: {{ ref('touched_agents') }}
-- depends_on: {{ ref('touched_days') }}
select
    input,
    context_key,
    content
from {{ ref('context') }}
