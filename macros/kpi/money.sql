{# The currency of an amount: as stated, in capitals; an amount without one is in the reporting currency. #}
{% macro currency_or_reporting(currency) -%}
    upper(coalesce({{ currency }}, '{{ var('reporting_currency') }}'))
{%- endmacro %}

{# An amount in the reporting currency, exact: 4 decimals by 8 are 12. Null when the amount or the rate is unknown. DuckDB multiplies decimals of up to 18
   digits in 64 bits, where a large amount overflows: hence the 24. #}
{% macro converted(amount, rate) -%}
    cast(cast({{ amount }} as decimal(24, 4)) * cast({{ rate }} as decimal(14, 8)) as decimal(32, 12))
{%- endmacro %}

{# The columns a user asked to carry from a raw table into its fact, each after a comma. #}
{% macro passed_through(table_name) -%}
    {%- for name in var('pass_through_columns').get(table_name, []) -%}
    ,
    cast({{ name }} as {{ dbt.type_string() }}) as {{ name }}
    {%- endfor -%}
{%- endmacro %}
