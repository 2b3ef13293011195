-- Each side of a KPI whose measures are additive is, in every week, month, quarter, year and in all, the sum of its days. A contact belongs to one day, so
-- the volumes and rates of contacts are additive too. Results of employees are not: days of small groups are suppressed.
with kpis as (
    select kpi_values.*
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_dictionary') }} as catalogue
        on kpi_values.kpi_id = catalogue.kpi_id
    where
        (catalogue.kind in ('count', 'ratio') or catalogue.domain in ('volume', 'accessibility'))
        and catalogue.kpi_id not in ('enps', 'pulse_score')
),

-- Days of lists and campaigns may lie outside the calendar of calls.
days as (
    select
        *,
        {%- for grain in ['week', 'month', 'quarter', 'year'] %}
        {{ period_start_of(grain, 'period_start') }} as {{ grain }}_start_date{{ ',' if not loop.last }}
        {%- endfor %}
    from kpis
    where grain = 'day'
),

first_day as (
    select min(period_start) as first_date
    from kpis
    where grain = 'total'
),

summed as (
    {%- for grain in ['week', 'month', 'quarter', 'year'] %}
    select
        kpi_id,
        '{{ grain }}' as grain,
        {{ grain }}_start_date as period_start,
        scope_type,
        scope_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from days
    group by kpi_id, {{ grain }}_start_date, scope_type, scope_id
    union all
    {%- endfor %}
    select
        days.kpi_id,
        'total' as grain,
        first_day.first_date as period_start,
        days.scope_type,
        days.scope_id,
        sum(days.numerator) as numerator,
        sum(days.denominator) as denominator
    from days
    cross join first_day
    group by days.kpi_id, first_day.first_date, days.scope_type, days.scope_id
),

longer as (
    select *
    from kpis
    where grain <> 'day'
)

select
    coalesce(longer.kpi_id, summed.kpi_id) as kpi_id,
    coalesce(longer.grain, summed.grain) as grain,
    coalesce(longer.period_start, summed.period_start) as period_start,
    coalesce(longer.scope_type, summed.scope_type) as scope_type,
    coalesce(longer.scope_id, summed.scope_id) as scope_id,
    longer.numerator,
    summed.numerator as numerator_of_days,
    longer.denominator,
    summed.denominator as denominator_of_days
from longer
full outer join summed
    on
        longer.kpi_id = summed.kpi_id
        and longer.grain = summed.grain
        and longer.period_start = summed.period_start
        and longer.scope_type = summed.scope_type
        and longer.scope_id = summed.scope_id
where
    longer.kpi_id is null
    or summed.kpi_id is null
    or longer.numerator is distinct from summed.numerator
    or longer.denominator is distinct from summed.denominator
