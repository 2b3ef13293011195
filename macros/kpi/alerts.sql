{# Where clauses as text, for a reader to paste. #}

{# A text of the data as a literal of SQL: what it holds cannot end it. The sign itself is written as a number, which every engine reads alike. #}
{% macro quoted(column) -%}
    chr(39) || replace({{ column }}, chr(39), chr(39) || chr(39)) || chr(39)
{%- endmacro %}

{# ` and <column> >= date ... and <column> < date ...`. Without a column its name is in the column `rows_date`. #}
{% macro within_days(column, first_day, day_after) -%}
    {%- set name = "'" ~ column ~ "'" if column else 'rows_date' -%}
    ' and ' || {{ name }} || ' >= date ' || chr(39) || cast({{ first_day }} as {{ dbt.type_string() }}) || chr(39)
    || ' and ' || {{ name }} || ' < date ' || chr(39) || cast({{ day_after }} as {{ dbt.type_string() }}) || chr(39)
{%- endmacro %}
