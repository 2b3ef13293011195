{#
    The strategy replace_touched on Spark, whose adapter knows its own strategies only and is asked for anything else.

    A connection takes one statement at a time, so that the delete and the insert are two transactions. A build that breaks off between them leaves rows
    missing in the work tables, never in a release; the next one finds the same rows touched (they are forgotten only after a run has ended) and does both
    once more. The new rows are a temporary view, worked out while they are inserted, after the delete: no model with this strategy reads itself, not even
    through a view. Then it is made one of nothing: where connections share a session, each that ends works through every view there is, and fails when one is
    dropped meanwhile.
#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {{ return(raw_strategy if raw_strategy == 'replace_touched' else dbt.dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format)) }}
{%- endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- if strategy == 'replace_touched' -%}
        {%- call statement('delete_touched') -%}{{ delete_touched(target) }}{%- endcall -%}
        {%- call statement('insert_touched') -%}{{ get_insert_into_sql(source, target) }}{%- endcall -%}
        create or replace temporary view {{ source }} as select true as is_inserted
    {%- else -%}
        {{ dbt.dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) }}
    {%- endif -%}
{%- endmacro %}
