-- One row per raw table and reason. A row with several reasons counts under each.
select
    records.raw_table,
    parts.part as reason,
    count(*) as affected_rows
from {{ ref('rejected_records') }} as records
cross join lateral {{ text_parts('records.reasons', '; ') }}
group by records.raw_table, parts.part
