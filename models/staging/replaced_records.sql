{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per good row that a file read again in this run gave before: its new version may hold the record no more.
{% if is_incremental() %}
{%- for table_name in raw_tables() %}
select
    '{{ table_name }}' as raw_table,
    {{ record_key(table_name) | indent(4) }}
from {{ as_before('landed_' ~ table_name) }} as landed
where
    landed._rejected_for is null
    and {{ is_read_now(table_name) | indent(4) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{% else %}
-- depends_on: {{ source('landing', 'files') }}
-- depends_on: {{ source('landing', 'run') }}
select
    cast(null as {{ dbt.type_string() }}) as raw_table,
    {{ fingerprint(['1']) }} as key_fingerprint,
    cast(null as {{ dbt.type_string() }}) as key_1,
    cast(null as {{ dbt.type_string() }}) as key_2
where false
{% endif %}
