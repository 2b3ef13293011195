{#
    A KPI is defined once: a row of the seed kpi_catalogue that names a numerator measure, a denominator measure and a multiplier. These macros read
    that row where SQL is compiled, so that kpi_values and the rates of the wide marts cannot differ. A percentile is its numerator measure times the
    multiplier: the denominator beside it says over how many rows. A derived KPI names no measure: kpi_derived holds its formula.
#}
{% macro kpi_definitions() -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set seed = graph.nodes['seed.callmart.kpi_catalogue'] -%}
    {%- set relation = adapter.get_relation(database=seed.database, schema=seed.schema, identifier=seed.alias) -%}
    {%- if relation is none -%}
        {{ exceptions.raise_compiler_error('The seed kpi_catalogue is not loaded: run `scripts/build`, or `dbt seed` first.') }}
    {%- endif -%}
    {%- set rows = run_query('select kpi_id, kind, numerator, denominator, multiplier, scopes from ' ~ relation ~ ' order by kpi_id') -%}
    {%- set definitions = [] -%}
    {%- for row in rows -%}
        {%- do definitions.append({
            'kpi_id': row[0], 'kind': row[1], 'numerator': row[2], 'denominator': row[3], 'multiplier': kpi_multiplier(row[4]),
            'scopes': row[5].split(' '),
        }) -%}
    {%- endfor -%}
    {{ return(definitions) }}
{%- endmacro %}

{# A multiplier as the catalogue writes it, 100 or 1/60, as a number in double. #}
{% macro kpi_multiplier(text) -%}
    {%- set parts = (text | string).split('/') -%}
    {{ return('cast(' ~ parts[0] ~ ' as double)' ~ (' / ' ~ parts[1] if parts | length > 1 else '')) }}
{%- endmacro %}

{# The value of a KPI from its measures: the only division, in double, null when the denominator is 0 or unknown. #}
{% macro kpi_formula(definition) -%}
    {%- if definition.denominator and definition.kind != 'percentile' -%}
        ({{ definition.multiplier }}) * cast(coalesce({{ definition.numerator }}, 0) as double)
        / nullif(cast({{ definition.denominator }} as double), 0)
    {%- else -%}
        ({{ definition.multiplier }}) * cast({{ definition.numerator }} as double)
    {%- endif -%}
{%- endmacro %}

{# A KPI's value in a wide mart whose columns hold its measures. #}
{% macro kpi_rate(kpi_id) -%}
    {%- if execute -%}
        {%- set definition = kpi_definitions() | selectattr('kpi_id', 'equalto', kpi_id) | first -%}
        cast({{ kpi_formula(definition) }} as double)
    {%- else -%}
        cast(null as double)
    {%- endif -%}
{%- endmacro %}
