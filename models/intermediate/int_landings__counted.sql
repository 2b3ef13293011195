-- One row per raw table: what became of the rows that landed. landed = staged + rejected + superseded.
with tables as (
    {%- for table_name in raw_tables() %}
    select '{{ table_name }}' as raw_table
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- for export in exports_of(connectors_on()) %}
    union all
    select '{{ export }}' as raw_table
    {%- endfor %}
),

staged as (
    select
        raw_table,
        cast(sum(staged_rows) as bigint) as staged_rows
    from {{ ref('int_landings__by_day') }}
    group by raw_table
    {%- for export in exports_of(connectors_on()) %}
    union all
    select
        '{{ export }}' as raw_table,
        count(*) as staged_rows
    from {{ ref('connector_records') }}
    where
        raw_table = '{{ export }}'
        and left_out_for is null
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
){%- if connectors_on() %},

given as (
    {%- set given = [] %}
    {%- for table_name in raw_tables() if connectors_giving(table_name) %}{% do given.append(table_name) %}{% endfor %}
    {%- for table_name in given %}
    select
        '{{ table_name }}' as raw_table,
        count(*) as landed_rows
    from {{ ref('landed_' ~ table_name) }}
    where {{ first_folder('_landed_file') }} in (
        {%- for folder in connector_entries() | map(attribute='folder') %}
        '{{ folder }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)
{%- endif %}

select
    tables.raw_table,
    coalesce(landed.loaded_files, 0) as loaded_files,
    coalesce(landed.skipped_files, 0) as skipped_files,
    coalesce(landed.landed_rows, 0){{ ' + coalesce(given.landed_rows, 0)' if connectors_on() }} as landed_rows,
    coalesce(staged.staged_rows, 0) as staged_rows,
    coalesce(rejected.rejected_rows, 0) as rejected_rows,
    coalesce(superseded.superseded_rows, 0) as superseded_rows,
    coalesce(rejected.rows_with_nulled_values, 0) as rows_with_nulled_values
from tables
left join staged
    on tables.raw_table = staged.raw_table
left join landed
    on tables.raw_table = landed.raw_table
left join rejected
    on tables.raw_table = rejected.raw_table
left join superseded
    on tables.raw_table = superseded.raw_table
{%- if connectors_on() %}
left join given
    on tables.raw_table = given.raw_table
{%- endif %}
