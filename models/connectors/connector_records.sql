{{ config(enabled=connectors_on() | length > 0, materialized='incremental', meta={'read_now': 'connectors'}) }}
-- One row per row of an export of the connectors that are on: left out and why, or read on, and into which record.
{%- for connector in connectors_on() %}
{%- set outer = loop %}
{%- for export in connectors()[connector].reads %}
select
    '{{ connector }}__{{ export }}' as raw_table,
    _file as _landed_file,
    cast(_row as bigint) as _row,
    cast(_left_out_for as {{ dbt.type_string() }}) as left_out_for,
    cast(_made_into_id as {{ dbt.type_string() }}) as made_into_id
from {{ ref(connector ~ '__read_' ~ export) }}
{%- if is_incremental() %}
where {{ is_read_now('connectors', '_file') }}
{%- endif %}
{{ 'union all' if not (loop.last and outer.last) }}
{%- endfor %}
{%- endfor %}
{%- if not execute %}
-- depends_on: {{ source('landing', 'files') }}
{%- endif %}
