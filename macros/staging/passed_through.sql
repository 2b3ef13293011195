{# The columns a user asked to carry from a raw table into its fact, each after a comma. #}
{% macro passed_through(table_name) -%}
    {%- for name in var('pass_through_columns').get(table_name, []) -%}
    ,
    cast({{ name }} as {{ dbt.type_string() }}) as {{ name }}
    {%- endfor -%}
{%- endmacro %}
