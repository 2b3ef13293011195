{# Aggregates that the two engines spell differently. #}

{# The value of the row with the smallest, or greatest, key: also when that value is null. A null key leaves the row out. #}
{% macro value_at_first(value, key) -%}
    {{ return(adapter.dispatch('value_at_first')(value, key)) }}
{%- endmacro %}

{% macro duckdb__value_at_first(value, key) -%}
    arg_min_null({{ value }}, {{ key }})
{%- endmacro %}

{% macro spark__value_at_first(value, key) -%}
    min_by({{ value }}, {{ key }})
{%- endmacro %}

{% macro value_at_last(value, key) -%}
    {{ return(adapter.dispatch('value_at_last')(value, key)) }}
{%- endmacro %}

{% macro duckdb__value_at_last(value, key) -%}
    arg_max_null({{ value }}, {{ key }})
{%- endmacro %}

{% macro spark__value_at_last(value, key) -%}
    max_by({{ value }}, {{ key }})
{%- endmacro %}

{# Several columns as one key that compares column by column. #}
{% macro ordering_key(columns) -%}
    {{ return(adapter.dispatch('ordering_key')(columns)) }}
{%- endmacro %}

{% macro duckdb__ordering_key(columns) -%}
    row({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__ordering_key(columns) -%}
    struct({{ columns | join(', ') }})
{%- endmacro %}

{# The texts of a group that are not null, sorted and joined by a comma and a blank; null when there is none. #}
{% macro sorted_list(column) -%}
    {{ return(adapter.dispatch('sorted_list')(column)) }}
{%- endmacro %}

{% macro duckdb__sorted_list(column) -%}
    string_agg({{ column }}, ', ' order by {{ column }})
{%- endmacro %}

{% macro spark__sorted_list(column) -%}
    nullif(array_join(sort_array(collect_list({{ column }})), ', '), '')
{%- endmacro %}

{# An exact percentile: between two rows it lies in proportion, so the median of an even number is the mean of the middle two. In double. #}
{% macro exact_percentile(expression, fraction) -%}
    {{ return(adapter.dispatch('exact_percentile')(expression, fraction)) }}
{%- endmacro %}

{% macro duckdb__exact_percentile(expression, fraction) -%}
    quantile_cont(cast({{ expression }} as double), {{ fraction }})
{%- endmacro %}

{% macro spark__exact_percentile(expression, fraction) -%}
    percentile(cast({{ expression }} as double), {{ fraction }})
{%- endmacro %}
