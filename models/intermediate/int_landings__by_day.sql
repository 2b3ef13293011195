{%- if not execute %}{% do ref('int_run') %}{% endif %}
-- One row per raw table and local day of the reporting zone on which rows in use of it happened. A table of things, which do not happen, has one without a day.
{%- for table_name in raw_tables() %}
{%- set dated_by = raw_contract(table_name).dated_by if execute else none %}
select
    '{{ table_name }}' as raw_table,
    {%- if not dated_by %}
    cast(null as date) as event_date,
    cast(null as timestamp) as newest_at,
    count(*) as staged_rows,
    cast(0 as bigint) as counted_rows
from {{ ref('stg_' ~ table_name) }}
    {%- elif dated_by.type == 'date' %}
    records.{{ dated_by.name }} as event_date,
    cast(records.{{ dated_by.name }} as timestamp) as newest_at,
    count(*) as staged_rows,
    count(*) filter (where records.{{ dated_by.name }} <= run.as_of_date) as counted_rows
from {{ ref('stg_' ~ table_name) }} as records
cross join {{ ref('int_run') }} as run
group by records.{{ dated_by.name }}
    {%- else %}
    cast({{ utc_to_local('happened.quarter_hour', "'" ~ var('reporting_timezone') ~ "'") }} as date) as event_date,
    max(happened.newest_at) as newest_at,
    cast(sum(happened.staged_rows) as bigint) as staged_rows,
    cast(sum(happened.counted_rows) as bigint) as counted_rows
from (
    {# A quarter of an hour is put in its zone once for all its rows. -#}
    select
        {{ slot_of('records.' ~ dated_by.name, 15) }} as quarter_hour,
        max(case when records.{{ dated_by.name }} <= run.as_of then records.{{ dated_by.name }} end) as newest_at,
        count(*) as staged_rows,
        count(*) filter (where records.{{ dated_by.name }} <= run.as_of) as counted_rows
    from {{ ref('stg_' ~ table_name) }} as records
    cross join {{ ref('int_run') }} as run
    group by {{ slot_of('records.' ~ dated_by.name, 15) }}
) as happened
group by cast({{ utc_to_local('happened.quarter_hour', "'" ~ var('reporting_timezone') ~ "'") }} as date)
    {%- endif %}
{{ 'union all' if not loop.last }}
{%- endfor %}
