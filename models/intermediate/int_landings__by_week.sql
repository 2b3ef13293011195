-- One row per raw table, watched rate and week of 7 x 24 hours before as_of, 0 the newest: the rows looked at, and those rejected or without a value.
{%- set seconds_a_week = 7 * 24 * 3600 %}
{%- for table_name in raw_tables() if not execute or raw_contract(table_name).dated_by %}
{%- set contract = raw_contract(table_name) if execute else {'dated_by': {'name': '_row', 'type': 'date'}, 'columns': [], 'key': [], 'required': []} %}
{%- set dated_by = contract.dated_by.name %}
{#- Local days are as old as the days between them, whatever the time of day in UTC. -#}
{%- set now = 'cast(run.as_of_date as timestamp)' if contract.dated_by.type == 'date' else 'run.as_of' %}
{%- set watched = [] %}
{#- An instant is empty until what it dates has come: the newest week would always lack it. -#}
{%- for column in contract.columns
    if column.kept_as and column.name not in contract.required + contract.key and column.default is none
    and column.type != 'instant' and column.personal != 'presence' and column.name != 'source_system' %}
{%- do watched.append(column) %}
{%- endfor %}
select
    '{{ table_name }}' as raw_table,
    case rates.number
        when 0 then 'rejected'
        {%- for column in watched %}
        when {{ loop.index }} then '{{ column.name }}'
        {%- endfor %}
    end as rate,
    weeks.weeks_ago,
    case rates.number when 0 then weeks.good_rows + weeks.rejected_rows else weeks.good_rows end as rows_looked_at,
    case rates.number
        when 0 then weeks.rejected_rows
        {%- for column in watched %}
        when {{ loop.index }} then weeks.good_rows - weeks.filled_{{ loop.index }}
        {%- endfor %}
    end as rows_found
from (
    select
        cast(floor({{ seconds_between('landed.happened_at', now) }} / {{ seconds_a_week }}) as integer) as weeks_ago,
        {%- for column in watched %}
        count(case when landed._rejected_for is null then landed.{{ column.kept_as }} end) as filled_{{ loop.index }},
        {%- endfor %}
        count(*) filter (where landed._rejected_for is null) as good_rows,
        count(*) filter (where landed._rejected_for is not null) as rejected_rows
    from (
        select
            _rejected_for,
            {%- for column in watched %}
            {{ column.kept_as }},
            {%- endfor %}
            cast({{ dated_by }} as timestamp) as happened_at
        from {{ ref('landed_' ~ table_name) }}
        union all
        {# A rejected row that does not tell when it happened came with the middle one of its file: the newest is no more than the end of a long file. -#}
        {# Where no row of a file does, it came after the files before it. -#}
        select
            undated._rejected_for,
            {%- for column in watched %}
            undated.{{ column.kept_as }},
            {%- endfor %}
            files.happened_at
        from {{ ref('landed_' ~ table_name) }} as undated
        inner join (
            select
                dated._landed_file,
                coalesce(
                    {{ plus_seconds('max(' ~ now ~ ')', '-cast(floor(' ~ exact_percentile(
                        'case when asked._landed_file is not null then ' ~ seconds_between('cast(dated.' ~ dated_by ~ ' as timestamp)', now) ~ ' end',
                        0.5,
                    ) ~ ') as bigint)') }},
                    max(max(cast(dated.{{ dated_by }} as timestamp))) over (order by dated._landed_file asc rows unbounded preceding)
                ) as happened_at
            from {{ ref('landed_' ~ table_name) }} as dated
            cross join {{ ref('int_run') }} as run
            left join (
                select distinct _landed_file
                from {{ ref('landed_' ~ table_name) }}
                where
                    _rejected_for is not null
                    and {{ dated_by }} is null
            ) as asked
                on dated._landed_file = asked._landed_file
            where coalesce(cast(dated.{{ dated_by }} as timestamp) <= {{ now }}, true)
            group by dated._landed_file
        ) as files
            on undated._landed_file = files._landed_file
        where
            undated._rejected_for is not null
            and undated.{{ dated_by }} is null
    ) as landed
    cross join {{ ref('int_run') }} as run
    where
        landed.happened_at <= {{ now }}
        and landed.happened_at > {{ plus_seconds(now, -seconds_a_week * (var('alert_history_weeks') + 1)) }}
    group by cast(floor({{ seconds_between('landed.happened_at', now) }} / {{ seconds_a_week }}) as integer)
) as weeks
cross join {{ number_rows(watched | length + 1) }} as rates
{{ 'union all' if not loop.last }}
{%- endfor %}
