{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per grain and period whose values this run works out anew: those of touched measures, and those in which a derived KPI changed, which looks
-- at other periods too.
-- depends_on: {{ ref('touched_periods') }}
-- depends_on: {{ ref('kpi_measures') }}
-- depends_on: {{ ref('kpi_derived') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
select
    grain,
    period_start
from {{ ref('touched_periods') }}
union
select distinct
    grain,
    period_start
from {{ ref('kpi_measures') }}
where grain = 'total'
union
select
    {{ dbt.split_part('coalesce(present.context_key, used.context_key)', "'|'", 1) }} as grain,
    cast({{ dbt.split_part('coalesce(present.context_key, used.context_key)', "'|'", 2) }} as date) as period_start
from (
    {{ derived_context() | indent(4) }}
) as present
full outer join (
    select *
    from {{ as_before('measure_context_used') }}
    where input = 'derived'
) as used
    on present.context_key = used.context_key
where present.content is distinct from used.content
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as grain,
    cast(null as date) as period_start
where false
{% endif %}
