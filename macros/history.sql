{# A dated version (`valid_from` to before `valid_to`, nulls open) holds on a day. Written without `or`: DuckDB then joins by hash on the id beside it, and
   else compares every row with every version. #}
{% macro in_force(version, day) -%}
    {{ day }} >= coalesce({{ version }}.valid_from, date '0001-01-01')
    and {{ day }} < coalesce({{ version }}.valid_to, date '9999-12-31')
{%- endmacro %}
