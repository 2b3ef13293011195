{# How a query is taken apart: everything the engines spell differently. #}

{# Behind `as` of a CTE: it is worked out once, by itself. DuckDB's planner takes twice as long for each further step of a long chain of windows otherwise. #}
{% macro by_itself() -%}
    {{ return(adapter.dispatch('by_itself')()) }}
{%- endmacro %}

{% macro default__by_itself() -%}
{%- endmacro %}

{% macro duckdb__by_itself() -%}
    materialized
{%- endmacro %}
