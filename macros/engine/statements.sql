{# Statements on the target's connection, one after the other: `dbt run-operation run_statements --args '{statements: [...]}'`. #}
{% macro run_statements(statements) -%}
    {%- for statement_text in statements -%}
        {%- call statement('run_statements_' ~ loop.index) -%}{{ statement_text }}{%- endcall -%}
    {%- endfor -%}
{%- endmacro %}
