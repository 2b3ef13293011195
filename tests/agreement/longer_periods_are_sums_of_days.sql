-- Each side of a KPI whose measures are additive is, in every week, month, quarter, year and in all, the sum of its days. A contact belongs to one day, so
-- the volumes and rates of contacts are additive too. Results of employees are not: days of small groups are suppressed.
-- A longer period is compared with the shorter ones it is made of, and these with their days.
{%- set made_of = {'week': 'day', 'month': 'day', 'quarter': 'month', 'year': 'quarter', 'total': 'year'} %}
with first_day as (
    select min(period_start) as first_date
    from {{ ref('kpi_values') }}
    where grain = 'total'
),

-- What a value is used as: as a longer period, as a part of one or two, or as both.
uses as (
    select
        uses.grain,
        uses.longer_grain,
        uses.is_part
    from (
        values
        {%- for grain, part in made_of.items() %}
        ('{{ grain }}', '{{ grain }}', false),
        ('{{ part }}', '{{ grain }}', true){{ ',' if not loop.last }}
        {%- endfor %}
    ) as uses (grain, longer_grain, is_part)
),

compared as (
    select
        kpi_values.kpi_id,
        uses.longer_grain as grain,
        case
            when not uses.is_part then kpi_values.period_start
            {%- for grain in made_of if grain != 'total' %}
            when uses.longer_grain = '{{ grain }}' then {{ period_start_of(grain, 'kpi_values.period_start') }}
            {%- endfor %}
            else first_day.first_date
        end as period_start,
        kpi_values.scope_type,
        kpi_values.scope_id,
        uses.is_part,
        case when not uses.is_part then kpi_values.numerator end as numerator,
        case when not uses.is_part then kpi_values.denominator end as denominator,
        case when uses.is_part then kpi_values.numerator end as numerator_of_part,
        case when uses.is_part then kpi_values.denominator end as denominator_of_part
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_dictionary') }} as catalogue
        on kpi_values.kpi_id = catalogue.kpi_id
    inner join uses
        on kpi_values.grain = uses.grain
    cross join first_day
    where
        (catalogue.kind in ('count', 'ratio') or catalogue.domain in ('volume', 'accessibility'))
        and catalogue.kpi_id not in ('enps', 'pulse_score')
)

select
    kpi_id,
    grain,
    period_start,
    scope_type,
    scope_id,
    sum(numerator) as numerator,
    sum(numerator_of_part) as numerator_of_parts,
    sum(denominator) as denominator,
    sum(denominator_of_part) as denominator_of_parts
from compared
where {{ is_full_refresh_or_touched('values', ['grain', 'period_start']) | indent(4) }}
group by kpi_id, grain, period_start, scope_type, scope_id
having
    count(case when not is_part then 1 end) <> 1
    or count(case when is_part then 1 end) = 0
    or sum(numerator) is distinct from sum(numerator_of_part)
    or sum(denominator) is distinct from sum(denominator_of_part)
