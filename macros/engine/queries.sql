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

{# A condition that always holds, for a CTE that several others read. Spark otherwise works the CTE out anew for each reader, and a chain of steps that
   each read the one before twice doubles with every step; one whose rows might differ from reader to reader it keeps. #}
{% macro worked_out_once() -%}
    {{ return(adapter.dispatch('worked_out_once')()) }}
{%- endmacro %}

{% macro default__worked_out_once() -%}
    true
{%- endmacro %}

{% macro spark__worked_out_once() -%}
    rand() >= 0
{%- endmacro %}
