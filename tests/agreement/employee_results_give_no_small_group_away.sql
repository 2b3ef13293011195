-- Every published result of employees counts at least min_group_size answers, and so does, if it is not 0, every difference between two of them of which
-- one lies in the other, and between one and the sum of those it consists of: teams of a period, or shorter periods.
with days as (
    select
        cells.*,
        dates.calendar_date
    from {{ ref('kpi_values') }} as cells
    inner join {{ ref('dim_dates') }} as dates
        on
            cells.grain = 'total'
            {%- for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
            or (cells.grain = '{{ grain }}' and {{ period_start_of(grain, 'dates.calendar_date') }} = cells.period_start)
            {%- endfor %}
    where cells.kpi_id in ('enps', 'pulse_score')
),

cells as (
    select
        kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        max(denominator) as answers,
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from days
    group by kpi_id, grain, period_start, scope_type, scope_id
),

nested as (
    select
        outer_cells.kpi_id,
        outer_cells.grain,
        outer_cells.period_start,
        outer_cells.scope_id,
        inner_cells.grain as inner_grain,
        inner_cells.scope_type as inner_scope_type,
        inner_cells.scope_id as inner_scope_id,
        inner_cells.period_start as inner_period_start,
        outer_cells.answers,
        inner_cells.answers as inner_answers
    from cells as outer_cells
    inner join cells as inner_cells
        on
            outer_cells.kpi_id = inner_cells.kpi_id
            and outer_cells.first_date <= inner_cells.first_date
            and outer_cells.last_date >= inner_cells.last_date
            and (outer_cells.scope_type = 'all' or outer_cells.scope_id = inner_cells.scope_id)
),

remainders as (
    select
        kpi_id,
        grain,
        period_start,
        scope_id,
        inner_scope_id || ', ' || inner_grain || ' of ' || inner_period_start as taken_off,
        answers - inner_answers as remaining_answers
    from nested
    union all
    select
        kpi_id,
        grain,
        period_start,
        scope_id,
        'all of ' || inner_scope_type || ', ' || inner_grain as taken_off,
        min(answers) - sum(inner_answers) as remaining_answers
    from nested
    group by kpi_id, grain, period_start, scope_id, inner_scope_type, inner_grain
    union all
    select
        kpi_id,
        grain,
        period_start,
        scope_id,
        'nothing' as taken_off,
        answers as remaining_answers
    from cells
)

select *
from remainders
where
    (remaining_answers > 0 and remaining_answers < {{ var('min_group_size') }})
    or remaining_answers < 0
