-- One row per raw table: what became of the rows that landed. landed = staged + rejected + superseded.
with staged as (
    {%- for table_name in raw_tables() %}
    select
        '{{ table_name }}' as raw_table,
        count(*) as staged_rows
    from {{ ref('stg_' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rejected as (
    select
        raw_table,
        count(*) filter (where is_rejected) as rejected_rows,
        count(*) filter (where not is_rejected) as rows_with_nulled_values
    from {{ ref('rejected_records') }}
    group by raw_table
),

superseded as (
    select
        raw_table,
        count(*) as superseded_rows
    from {{ ref('superseded_records') }}
    group by raw_table
),

landed as (
    select
        raw_table,
        sum(landed_rows) as landed_rows,
        count(*) filter (where status = 'loaded') as loaded_files,
        count(*) filter (where status = 'skipped') as skipped_files
    from {{ source('landing', 'files') }}
    group by raw_table
)

select
    staged.raw_table,
    coalesce(landed.loaded_files, 0) as loaded_files,
    coalesce(landed.skipped_files, 0) as skipped_files,
    coalesce(landed.landed_rows, 0) as landed_rows,
    staged.staged_rows,
    coalesce(rejected.rejected_rows, 0) as rejected_rows,
    coalesce(superseded.superseded_rows, 0) as superseded_rows,
    coalesce(rejected.rows_with_nulled_values, 0) as rows_with_nulled_values
from staged
left join landed
    on staged.raw_table = landed.raw_table
left join rejected
    on staged.raw_table = rejected.raw_table
left join superseded
    on staged.raw_table = superseded.raw_table
