{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per fact and local day on which this run changed it: the days that whatever is summed by day builds anew.
-- depends_on: {{ ref('touched_calls') }}
-- depends_on: {{ ref('touched_contacts') }}
-- depends_on: {{ ref('touched_agents') }}
-- depends_on: {{ ref('fct_calls') }}
-- depends_on: {{ ref('fct_contacts') }}
-- depends_on: {{ ref('fct_agent_states') }}
-- depends_on: {{ ref('int_run') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
select
    'calls' as fact,
    call_date_before as touched_date
from {{ ref('touched_calls') }}
where call_date_before is not null
union
select
    'calls' as fact,
    call_date as touched_date
from {{ ref('fct_calls') }}
where call_id in (select touched.call_id from {{ ref('touched_calls') }} as touched)
union
select
    'contacts' as fact,
    contact_date_before as touched_date
from {{ ref('touched_contacts') }}
where contact_date_before is not null
union
select
    'contacts' as fact,
    contact_date as touched_date
from {{ ref('fct_contacts') }}
where interaction_id in (select touched.interaction_id from {{ ref('touched_contacts') }} as touched)
union
select
    'agent_states' as fact,
    days.spine_date as touched_date
from (
    select
        min(touched.rebuilt_from) as first_date,
        max({{ plus_days('cast(greatest(run.as_of, cast(used.content as timestamp)) as date)', 2) }}) as last_date
    from {{ ref('touched_agents') }} as touched
    cross join {{ ref('int_run') }} as run
    inner join {{ as_before('context_used') }} as used
        on used.input = 'as_of'
) as span
cross join lateral {{ date_rows('span.first_date', 'span.last_date') }} as days
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as fact,
    cast(null as date) as touched_date
where false
{% endif %}
