-- One row per raw table: what became of the rows that landed. landed = staged + rejected + superseded.
select
    cast(raw_table as {{ dbt.type_string() }}) as raw_table,
    cast(loaded_files as bigint) as loaded_files,
    cast(skipped_files as bigint) as skipped_files,
    cast(landed_rows as bigint) as landed_rows,
    cast(staged_rows as bigint) as staged_rows,
    cast(rejected_rows as bigint) as rejected_rows,
    cast(superseded_rows as bigint) as superseded_rows,
    cast(rows_with_nulled_values as bigint) as rows_with_nulled_values
from {{ ref('int_landings__counted') }}
