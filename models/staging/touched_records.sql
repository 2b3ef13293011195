{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per record whose versions this run changes: in a file it reads, as it is now or as it was before.
-- depends_on: {{ source('landing', 'files') }}
-- depends_on: {{ source('landing', 'run') }}
select *
from {{ ref('replaced_records') }}
{% for table_name in raw_tables() %}
union all
select
    '{{ table_name }}' as raw_table,
    {{ record_key(table_name) | indent(4) }}
from {{ ref('landed_' ~ table_name) }} as landed
where
    landed._rejected_for is null
    and {{ is_read_now(table_name) | indent(4) if is_incremental() else 'false' }}
{% endfor %}
