{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per agent whose states this run builds anew, from a local day on: that of the first change, as what lay on the days before it stays as it was.
-- A state may end where the next begins, so states are read from `read_from` on, the start of the state before or of the first that lies on that day.
-- depends_on: {{ ref('touched_records') }}
-- depends_on: {{ ref('context') }}
-- depends_on: {{ ref('stg_agent_states') }}
-- depends_on: {{ ref('int_run') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
with before as (
    select
        agent_id,
        started_at,
        state_date,
        piece_ended_at
    from {{ as_before('fct_agent_states') }}
),

context_changes as (
    {{ context_changes() | indent(4) }}
),

causes as (
    select
        key_1 as agent_id,
        cast(key_2 as timestamp) as started_at,
        'record' as reason
    from {{ ref('touched_records') }}
    where raw_table = 'agent_states'
    union all
    select
        agent_id,
        started_at,
        'agent' as reason
    from before
    where agent_id in (
        select context_changes.context_key
        from context_changes
        where context_changes.input = 'agent'
    )
    union all
    select
        before.agent_id,
        before.started_at,
        'asked for' as reason
    from before
    inner join {{ source('landing', 'run') }} as run
        on before.state_date >= run.rebuild_from and before.state_date <= run.rebuild_to
),

first_causes as (
    select
        agent_id,
        min(started_at) as started_at,
        min(reason) as reason
    from causes
    group by agent_id
),

-- With the state before.
firsts as (
    select
        first_causes.agent_id,
        first_causes.reason,
        first_causes.started_at as changed_at,
        coalesce(max(states.started_at), first_causes.started_at) as started_at
    from first_causes
    left join {{ ref('stg_agent_states') }} as states
        on first_causes.agent_id = states.agent_id and first_causes.started_at > states.started_at
    group by first_causes.agent_id, first_causes.reason, first_causes.started_at
),

-- What `as_of` passes changes nothing before it: a state still open then goes on, wherever it began.
passed as (
    {%- for relation, passed in {
        'before': 'agents.piece_ended_at >= moved.earlier',
        ref('stg_agent_states'): 'agents.started_at >= moved.earlier and agents.started_at <= moved.later',
    }.items() %}
    select
        agents.agent_id,
        moved.earlier
    from {{ relation }} as agents
    inner join {{ as_of_change() }} as moved
        on {{ passed }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

dated as (
    select
        agent_id,
        reason,
        started_at,
        cast({{ utc_to_local('changed_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as rebuilt_from
    from firsts
    union all
    -- A day that ends with it is not over: the last moment before it tells the day.
    select
        agent_id,
        'as_of' as reason,
        earlier as started_at,
        cast({{ utc_to_local(plus_seconds('earlier', '-0.000001'), "'" ~ var('reporting_timezone') ~ "'") }} as date) as rebuilt_from
    from passed
),

touched as (
    select
        agent_id,
        min(reason) as reason,
        min(started_at) as started_at,
        min(rebuilt_from) as rebuilt_from
    from dated
    group by agent_id
)

select
    touched.agent_id,
    touched.reason,
    touched.rebuilt_from,
    least(touched.started_at, coalesce(min(before.started_at), touched.started_at)) as read_from
from touched
left join before
    on touched.agent_id = before.agent_id and touched.rebuilt_from = before.state_date
group by touched.agent_id, touched.reason, touched.rebuilt_from, touched.started_at
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as agent_id,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as date) as rebuilt_from,
    cast(null as timestamp) as read_from
where false
{% endif %}
