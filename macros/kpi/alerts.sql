{# Where clauses as text, for a reader to paste; and what is usual. #}

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

{# Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993): the median absolute deviation / 0.6745, the standard deviation of a normal distribution with
   that median deviation. Where more than half of the history is one value the mean deviation stands in. #}
{% macro robust_spread(median_deviation, mean_deviation) -%}
    case
        when {{ median_deviation }} > 0 then {{ median_deviation }} / 0.6745e0
        else 1.253314e0 * {{ mean_deviation }}
    end
{%- endmacro %}
