-- One row per figure of another system: a local day, a queue or the whole centre, and what was counted. The difference to ours, and the calls that explain it.
{%- set fates = call_fates() %}
with theirs as (
    select * from {{ ref('int_vendor_figures') }}
),

by_scope as (
    select
        call_date,
        'queue' as scope_type,
        queue_id as scope_id,
        fate,
        offered_calls,
        answered_calls,
        abandoned_calls,
        outbound_calls
    from {{ ref('int_calls__by_fate') }}
    where queue_id is not null
    union all
    select
        call_date,
        'all' as scope_type,
        'all' as scope_id,
        fate,
        offered_calls,
        answered_calls,
        abandoned_calls,
        outbound_calls
    from {{ ref('int_calls__by_fate') }}
),

counted as (
    select
        theirs.figure_date,
        theirs.scope_type,
        theirs.scope_id,
        theirs.figure,
        by_scope.fate,
        sum(case theirs.figure
            when 'offered_calls' then by_scope.offered_calls
            when 'answered_calls' then by_scope.answered_calls
            when 'abandoned_calls' then by_scope.abandoned_calls
            when 'outbound_calls' then by_scope.outbound_calls
        end) as calls
    from theirs
    inner join by_scope
        on
            theirs.figure_date = by_scope.call_date
            and theirs.scope_type = by_scope.scope_type
            and theirs.scope_id = by_scope.scope_id
    group by theirs.figure_date, theirs.scope_type, theirs.scope_id, theirs.figure, by_scope.fate
),

-- A call that both count, or neither does, explains nothing.
parts as (
    select
        counted.figure_date,
        counted.scope_type,
        counted.scope_id,
        counted.figure,
        sum(case
            when counted.fate in ('plain'{% for fate, is_ours in fates.items() if is_ours %}, '{{ fate }}'{% endfor %}) then counted.calls
            else 0
        end) as ours,
        {%- for fate, is_ours in fates.items() %}
        sum(case
            when counted.fate = '{{ fate }}' and {{ 'not ' if is_ours }}rules.is_counted_by_vendor then {{ '-' if is_ours }}counted.calls
            else 0
        end) as explained_by_{{ fate }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    left join {{ ref('reconciliation_rules') }} as rules
        on counted.figure = rules.figure and counted.fate = rules.fate
    group by counted.figure_date, counted.scope_type, counted.scope_id, counted.figure
),

final as (
    select
        theirs.figure_date,
        theirs.scope_type,
        theirs.scope_id,
        theirs.figure,
        theirs.source_system,
        theirs.calls as theirs,
        coalesce(parts.ours, 0) as ours,
        theirs.calls - coalesce(parts.ours, 0) as difference,
        {%- for fate in fates %}
        coalesce(parts.explained_by_{{ fate }}, 0) as explained_by_{{ fate }},
        {%- endfor %}
        {%- for fate in fates %}
        {{ '+ ' if not loop.first }}coalesce(parts.explained_by_{{ fate }}, 0)
        {%- endfor %} as explained
    from theirs
    left join parts
        on
            theirs.figure_date = parts.figure_date
            and theirs.scope_type = parts.scope_type
            and theirs.scope_id = parts.scope_id
            and theirs.figure = parts.figure
)

select
    cast(figure_date as date) as figure_date,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(figure as {{ dbt.type_string() }}) as figure,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(theirs as bigint) as theirs,
    cast(ours as bigint) as ours,
    cast(difference as bigint) as difference,
    {%- for fate in fates %}
    cast(explained_by_{{ fate }} as bigint) as explained_by_{{ fate }},
    {%- endfor %}
    cast(explained as bigint) as explained,
    cast(difference - explained as bigint) as unexplained
from final
