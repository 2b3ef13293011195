{{ config(materialized='incremental', meta={'touched': 'records', 'by': ['raw_table', 'key_fingerprint']}) }}
-- One row per good row that a newer version of the same key replaces.
{% for table_name in raw_tables() %}
{{ superseded_of(table_name) }}
{{ 'union all' if not loop.last }}
{% endfor %}
