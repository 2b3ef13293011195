{# The currency of an amount: as stated, in capitals; an amount without one is in the reporting currency. #}
{% macro currency_or_reporting(currency) -%}
    upper(coalesce({{ currency }}, '{{ var('reporting_currency') }}'))
{%- endmacro %}

{# An amount in the reporting currency, exact: 4 decimals by 8 are 12. Null when the amount or the rate is unknown. DuckDB multiplies decimals of up to 18
   digits in 64 bits, where a large amount overflows: hence the 24. #}
{% macro converted(amount, rate) -%}
    cast(cast({{ amount }} as decimal(24, 4)) * cast({{ rate }} as decimal(14, 8)) as decimal(32, 12))
{%- endmacro %}
