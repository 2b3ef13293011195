{{ config(materialized='incremental', meta={'touched': 'values', 'by': ['grain', 'period_start']}) }}
-- One row per KPI, period and scope: numerator, denominator and their quotient. Generated from the catalogue, one branch per KPI; derived KPIs have a
-- formula of their own, in kpi_derived.
-- depends_on: {{ ref('kpi_catalogue') }}
-- depends_on: {{ ref('kpi_measures') }}
-- A numerator without rows where the denominator has some is an observed 0: agents logged in, and no call dialled. Each branch reads its own columns of
-- the table: read by way of one CTE, all columns would be copied for each of them.
{%- set measured = ref('kpi_measures') %}
with
{%- if is_incremental() or not execute %}
{%- set measured = 'touched_measures' %}
touched_measures as {{ by_itself() }} (
    select *
    from {{ ref('kpi_measures') }}
    where {{ is_touched('values', ['grain', 'period_start']) | indent(4) }}
),
{% endif %}
calculated as (
    {%- for definition in kpi_definitions() if definition.kind != 'derived' %}
    select
        '{{ definition.kpi_id }}' as kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        {%- if definition.denominator %}
        cast(coalesce({{ definition.numerator }}, 0) as decimal(38, 12)) as numerator,
        cast({{ definition.denominator }} as decimal(38, 12)) as denominator,
        {%- else %}
        cast({{ definition.numerator }} as decimal(38, 12)) as numerator,
        cast(null as decimal(38, 12)) as denominator,
        {%- endif %}
        {{ kpi_formula(definition) }} as value
    from {{ measured }}
    where
        scope_type in ('{{ definition.scopes | join("', '") }}')
        and coalesce({{ definition.numerator }}, {{ definition.denominator or 'null' }}) is not null
    union all
    {%- endfor %}
    select
        kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        cast(null as decimal(38, 12)) as numerator,
        cast(null as decimal(38, 12)) as denominator,
        value
    from {{ ref('kpi_derived') }}
    where {{ is_touched('values', ['grain', 'period_start']) | indent(4) }}
),

final as (
    select calculated.*
    from calculated
    inner join {{ ref('data_availability') }} as availability
        on calculated.kpi_id = availability.kpi_id
    where availability.is_available
)

select
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(numerator as decimal(38, 12)) as numerator,
    cast(denominator as decimal(38, 12)) as denominator,
    cast(value as double) as value
from final
