{# What a value is compared with, each as a query: shared by the scorecard and the alerts, so that no two verdicts differ. #}

{# The dated targets. Of two that hold on a day the scope's own goes before the one for all. #}
{% macro dated_targets() -%}
select
    kpi_id,
    scope_type,
    scope_id,
    target,
    warning,
    min_volume,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to
from {{ ref('kpi_targets') }}
where target is not null
{%- endmacro %}

{# The published benchmarks that hold for the centre, one per KPI where `closeness` is 1: the closest to its industry and size. #}
{% macro ranked_benchmarks() -%}
{%- set industry = var('centre_industry') or '' %}
{%- set size = var('centre_company_size') or '' -%}
select
    kpi_id,
    value as benchmark,
    source as benchmark_source,
    row_number() over (
        partition by kpi_id
        order by
            case when industry is null then 1 else 0 end + case when company_size is null then 1 else 0 end asc,
            industry asc nulls last,
            company_size asc nulls last
    ) as closeness
from {{ ref('benchmarks') }}
where
    coalesce(industry, '{{ industry }}') = '{{ industry }}'
    and coalesce(company_size, '{{ size }}') = '{{ size }}'
{%- endmacro %}

{# The joins of `values` (with kpi_id, scope_type, scope_id and a first day) to the targets that hold on that day: `own` and `general`. #}
{% macro join_targets(values, targets, day) -%}
left join {{ targets }} as own
    on
        {{ values }}.kpi_id = own.kpi_id
        and {{ values }}.scope_type = own.scope_type
        and {{ values }}.scope_id = own.scope_id
        and own.scope_type <> 'all'
        and {{ day }} >= own.valid_from
        and {{ day }} < own.valid_to
left join {{ targets }} as general
    on
        {{ values }}.kpi_id = general.kpi_id
        and general.scope_type = 'all'
        and {{ day }} >= general.valid_from
        and {{ day }} < general.valid_to
{%- endmacro %}
