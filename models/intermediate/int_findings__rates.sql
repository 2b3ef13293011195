-- One row per raw table and rate of the newest week that is higher than in any week before: rows rejected, or without a value in an optional column.
{#- Points above the worst week before. An empty column is often a form nobody fills in; a rejected row is a fault of the file. -#}
{%- set points = {'rejection_rate': 1, 'null_rate': 10} %}
with rates as (
    select
        *,
        100e0 * rows_found / nullif(rows_looked_at, 0) as found_percent
    from {{ ref('int_landings__by_week') }}
),

before as (
    select
        raw_table,
        rate,
        max(found_percent) as highest_percent
    from rates
    where weeks_ago between 1 and {{ var('alert_history_weeks') }}
    group by raw_table, rate
    having count(found_percent) >= {{ var('alert_min_history') }}
),

compared as (
    select
        case rates.rate when 'rejected' then 'rejection_rate' else 'null_rate' end as finding,
        rates.raw_table,
        rates.rate as found_value,
        {{ plus_days('run.as_of_date', -6) }} as first_date,
        run.as_of_date as last_date,
        rates.rows_found as affected_rows,
        rates.found_percent as observed,
        before.highest_percent as expected
    from rates
    inner join before
        on rates.raw_table = before.raw_table and rates.rate = before.rate
    cross join {{ ref('int_run') }} as run
    where
        rates.weeks_ago = 0
        and rates.rows_looked_at >= {{ var('alert_min_volume') }}
)

select *
from compared
where
    observed - expected >= case finding
        {%- for finding, more in points.items() %}
        when '{{ finding }}' then {{ more }}
        {%- endfor %}
    end
