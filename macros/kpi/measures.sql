{#
    Additive measures by scope and day. `daily` is a relation already summed to the day and to every column that is a scope; each scope sums it once
    more, so a fact is read once whatever the number of scopes. A scope has rows only where its id is known.
#}
{% macro measures_by_scope(daily, scopes, measures) -%}
{%- for scope_type, scope_column in scopes.items() %}
select
    measure_date,
    '{{ scope_type }}' as scope_type,
    {{ "'all'" if scope_type == 'all' else scope_column }} as scope_id,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ daily }}
{%- if scope_type != 'all' %}
where {{ scope_column }} is not null
{%- endif %}
group by measure_date{{ ', ' ~ scope_column if scope_type != 'all' }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# The last CTE of a measure model: names and types as its contract has them. #}
{% macro measure_columns(measures) -%}
    cast(measure_date as date) as measure_date,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    {%- for measure in measures %}
    {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The measure models: each gives additive columns by day and scope. #}
{% macro measure_models() -%}
    {{ return([
        'queue_measures', 'contact_measures', 'handling_measures', 'resolution_measures', 'outbound_measures', 'workforce_measures',
    ]) }}
{%- endmacro %}

{# The measures a model defines: the columns its properties file marks with `measure: true`. #}
{% macro measures_of(model_name) -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set node = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'equalto', model_name) | first -%}
    {%- set names = [] -%}
    {%- for column in node.columns.values() if column.config.meta.get('measure') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# All measures, each once, in the order in which the models define them. #}
{% macro all_measures() -%}
    {%- set names = [] -%}
    {%- for model_name in measure_models() -%}
        {%- for name in measures_of(model_name) if name not in names -%}{%- do names.append(name) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
