-- One row per raw table whose rows stay away, or are fewer or more than on the same weekdays before.
{#- Half a year: long enough for a table that is filled once a month, short enough to forget how a table began. -#}
{%- set rhythm_days = 182 %}
{%- set judged_days = 7 %}
with days as (
    select
        raw_table,
        event_date,
        newest_at,
        counted_rows
    from {{ ref('int_landings__by_day') }}
    where counted_rows > 0
),

-- A day that as_of lies in may go on; one given as as_of ends with its last microsecond.
run as (
    select
        as_of,
        as_of_date,
        case
            when cast({{ utc_to_local(plus_seconds('as_of', 1), "'" ~ var('reporting_timezone') ~ "'") }} as date) > as_of_date then as_of_date
            else {{ plus_days('as_of_date', -1) }}
        end as last_full_date
    from {{ ref('int_run') }}
),

-- The half year before the last rows, not before as_of: a table that stopped stays stale for as long as nothing comes.
gaps as (
    select
        days.*,
        max(days.event_date) over (partition by days.raw_table) as last_date,
        cast({{ seconds_between(
            'cast(lag(days.event_date) over (partition by days.raw_table order by days.event_date asc) as timestamp)',
            'cast(days.event_date as timestamp)',
        ) }} as bigint) as gap_seconds
    from days
),

rhythms as (
    select
        gaps.raw_table,
        max(gaps.newest_at) as newest_at,
        gaps.last_date,
        max(gaps.gap_seconds) as longest_gap_seconds
    from gaps
    where gaps.event_date > {{ plus_days('gaps.last_date', -rhythm_days) }}
    group by gaps.raw_table, gaps.last_date
    having count(gaps.gap_seconds) >= {{ var('alert_min_history') }}
),

stale as (
    select
        'stale' as finding,
        rhythms.raw_table,
        'rows' as found_value,
        {{ plus_days('rhythms.last_date', 1) }} as first_date,
        run.as_of_date as last_date,
        cast(0 as bigint) as affected_rows,
        {{ seconds_between('rhythms.newest_at', 'run.as_of') }} / 3600e0 as observed,
        rhythms.longest_gap_seconds / 3600e0 as expected
    from rhythms
    cross join run
    where {{ seconds_between('cast(rhythms.last_date as timestamp)', 'cast(run.as_of_date as timestamp)') }} > rhythms.longest_gap_seconds
),

first_days as (
    select
        raw_table,
        min(event_date) as first_date
    from days
    group by raw_table
),

-- Every table and day from its first row on: a day without rows counts as 0.
spine as (
    select
        first_days.raw_table,
        spines.spine_date as event_date,
        run.last_full_date,
        coalesce(days.counted_rows, 0) as counted_rows
    from first_days
    cross join run
    cross join lateral {{ date_rows(plus_days('run.last_full_date', -judged_days - 7 * var('alert_history_weeks') + 1), 'run.last_full_date') }} as spines
    left join days
        on first_days.raw_table = days.raw_table and spines.spine_date = days.event_date
    left join {{ ref('dim_dates') }} as dates
        on spines.spine_date = dates.calendar_date
    where
        spines.spine_date >= first_days.first_date
        and not coalesce(dates.is_holiday, false)
),

history as (
    select
        judged.raw_table,
        judged.event_date,
        judged.counted_rows,
        past.counted_rows as past_rows
    from spine as judged
    inner join spine as past
        on
            judged.raw_table = past.raw_table
            and judged.event_date > past.event_date
            and {{ iso_weekday('judged.event_date') }} = {{ iso_weekday('past.event_date') }}
    where judged.event_date > {{ plus_days('judged.last_full_date', -judged_days) }}
),

medians as (
    select
        raw_table,
        event_date,
        {{ exact_percentile('past_rows', 0.5) }} as median_rows
    from history
    group by raw_table, event_date
    having count(*) >= {{ var('alert_min_history') }}
),

spreads as (
    select
        history.raw_table,
        history.event_date,
        max(history.counted_rows) as counted_rows,
        max(medians.median_rows) as median_rows,
        {{ exact_percentile('abs(history.past_rows - medians.median_rows)', 0.5) }} as median_deviation,
        cast(sum(cast(abs(history.past_rows - medians.median_rows) as decimal(38, 12))) as double) / count(*) as mean_deviation
    from history
    inner join medians
        on history.raw_table = medians.raw_table and history.event_date = medians.event_date
    where medians.median_rows >= {{ var('alert_min_volume') }}
    group by history.raw_table, history.event_date
),

unusual as (
    select
        *,
        case when counted_rows < median_rows then 'volume_low' else 'volume_high' end as finding
    from spreads
    where
        abs(counted_rows - median_rows) >= {{ var('alert_open_z') }} * {{ robust_spread('median_deviation', 'mean_deviation') | indent(8) }}
        and abs(counted_rows - median_rows) > median_rows * {{ var('alert_min_change_percent') }} / 100e0
),

volumes as (
    select
        finding,
        raw_table,
        'rows' as found_value,
        min(event_date) as first_date,
        max(event_date) as last_date,
        cast(sum(counted_rows) as bigint) as affected_rows,
        cast(sum(counted_rows) as double) as observed,
        cast(sum(cast(median_rows as decimal(38, 12))) as double) as expected
    from unusual
    group by finding, raw_table
)

select * from stale
union all
select * from volumes
