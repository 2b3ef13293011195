{# A folder's schema is its name as configured (staging, intermediate, marts, settings), without the target's prefix: readers depend on `marts`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
