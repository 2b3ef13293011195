{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per call that this run builds anew, and why; with the day and the interaction it was in before, null for a call not seen before.
-- depends_on: {{ ref('touched_records') }}
-- depends_on: {{ ref('context') }}
-- depends_on: {{ ref('stg_calls') }}
-- depends_on: {{ ref('int_run') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
{%- set inputs = {
    'agent': 'agent_id', 'queue': 'queue_id', 'campaign': 'campaign_id', 'contact_record': 'contact_record_id', 'lead': 'lead_id',
    'result': 'call_id', 'selfcare': 'call_id',
} %}
with before as (
    select * from {{ as_before('fct_calls') }}
),

context_changes as (
    {{ context_changes() | indent(4) }}
),

causes as (
    select
        key_1 as call_id,
        'record' as reason
    from {{ ref('touched_records') }}
    where raw_table = 'calls'
    {%- for input, column in inputs.items() %}
    union all
    select
        call_id,
        '{{ input }}' as reason
    from before
    where {{ column }} in (
        select context_changes.context_key
        from context_changes
        where context_changes.input = '{{ input }}'
    )
    {%- endfor %}
    union all
    select
        before.call_id,
        'as_of' as reason
    from before
    inner join {{ as_of_change() }} as moved
        on before.started_at > moved.earlier and before.started_at <= moved.later
    union all
    select
        before.call_id,
        'asked for' as reason
    from before
    inner join {{ source('landing', 'run') }} as run
        on before.call_date >= run.rebuild_from and before.call_date <= run.rebuild_to
),

-- What follows a call, or goes before it, tells whether and where it was transferred.
linked as (
    select
        interaction_id,
        previous_call_id
    from before
    where call_id in (select causes.call_id from causes)
    union
    select
        interaction_id,
        previous_call_id
    from {{ ref('stg_calls') }}
    where call_id in (select causes.call_id from causes)
),

neighbours as (
    {%- for legs in ['before', ref('stg_calls')] %}
    select call_id
    from {{ legs }}
    where
        interaction_id in (select linked.interaction_id from linked)
        or call_id in (select linked.previous_call_id from linked)
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

touched as (
    select
        call_id,
        min(reason) as reason
    from (
        select * from causes
        union all
        select
            call_id,
            'transfer' as reason
        from neighbours
    ) as found
    group by call_id
)

select
    touched.call_id,
    touched.reason,
    before.call_date as call_date_before,
    before.interaction_id as interaction_id_before
from touched
left join before
    on touched.call_id = before.call_id
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as call_id,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as date) as call_date_before,
    cast(null as {{ dbt.type_string() }}) as interaction_id_before
where false
{% endif %}
