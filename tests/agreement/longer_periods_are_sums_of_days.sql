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

first_day as (
    select min(period_start) as first_date
    from kpis
    where grain = 'total'
),

-- A longer period is compared with the shorter ones it is made of, and these with their days.
summed as (
    {%- for grain, part in {'week': 'day', 'month': 'day', 'quarter': 'month', 'year': 'quarter', 'total': 'year'}.items() %}
    select
        parts.kpi_id,
        '{{ grain }}' as grain,
        {{ 'first_day.first_date' if grain == 'total' else period_start_of(grain, 'parts.period_start') }} as period_start,
        parts.scope_type,
        parts.scope_id,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator
    from kpis as parts
    {%- if grain == 'total' %}
    cross join first_day
    {%- endif %}
    where
        parts.grain = '{{ part }}'
        and {{ is_full_refresh_or_touched(
            'values', ["'" ~ grain ~ "'", 'first_day.first_date' if grain == 'total' else period_start_of(grain, 'parts.period_start')]
        ) | indent(8) }}
    group by
        parts.kpi_id, {{ 'first_day.first_date' if grain == 'total' else period_start_of(grain, 'parts.period_start') }}, parts.scope_type, parts.scope_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

longer as (
    select *
    from kpis
    where
        grain <> 'day'
        and {{ is_full_refresh_or_touched('values', ['grain', 'period_start']) | indent(8) }}
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
