{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per grain and period whose measures this run adds up anew: those that hold a touched day. All days together have no start here, as in
-- kpi_measures, and the one they had before.
-- depends_on: {{ ref('touched_days') }}
-- depends_on: {{ ref('measure_context') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
with changes as (
    select
        coalesce(present.input, used.input) as input,
        coalesce(present.context_key, used.context_key) as context_key
    from {{ ref('measure_context') }} as present
    full outer join (
        select *
        from {{ as_before('measure_context_used') }}
        where input <> 'derived'
    ) as used
        on present.input = used.input and present.context_key = used.context_key
    where present.content is distinct from used.content
),

changed_periods as (
    select
        {{ dbt.split_part('context_key', "'|'", 1) }} as grain,
        cast(nullif({{ dbt.split_part('context_key', "'|'", 2) }}, '') as date) as period_start,
        input
    from changes
    where input <> 'available'
),

days as (
    select touched_date as measure_date
    from {{ ref('touched_days') }}
    union
    select period_start as measure_date
    from changed_periods
    where
        grain = 'day'
        and input not in (
            '{{ period_measure_models() | join("', '") }}'
        )
)

{%- for grain in grains() %}
select
    '{{ grain }}' as grain,
    {{ "date '0001-01-01'" if grain == 'total' else period_start_of(grain, 'measure_date') }} as period_start
from days
union
{%- endfor %}
select
    grain,
    coalesce(period_start, date '0001-01-01') as period_start
from changed_periods
union
-- Where all days together begin may move without any of them.
select
    'total' as grain,
    date '0001-01-01' as period_start
union
select
    grain,
    period_start
from {{ as_before('kpi_measures') }}
where
    grain = 'total'
    or exists (
        select 1
        from changes
        where changes.input = 'available'
    )
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as grain,
    cast(null as date) as period_start
where false
{% endif %}
