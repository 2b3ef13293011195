-- One row per raw table and reason. A row with several reasons counts under each.
select
    cast(raw_table as {{ dbt.type_string() }}) as raw_table,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(affected_rows as bigint) as affected_rows
from {{ ref('int_rejections__by_reason') }}
