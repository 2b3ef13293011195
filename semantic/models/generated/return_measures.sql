-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with whole as (
    select
        period_start as measure_date,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'roi') as revenue_minus_cost,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'roi_margin') as margin_minus_cost
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'all'
        and kpi_id in ('roi', 'roi_margin')
    group by period_start
),

parts as (
    select
        period_start as measure_date,
        scope_id as campaign,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'roi') as revenue_minus_cost,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'roi_margin') as margin_minus_cost
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'campaign'
        and kpi_id in ('roi', 'roi_margin')
    group by period_start, scope_id
),

sums as (
    select
        measure_date,
        sum(revenue_minus_cost) as revenue_minus_cost,
        sum(margin_minus_cost) as margin_minus_cost
    from parts
    group by measure_date
)

select
    measure_date,
    campaign,
    revenue_minus_cost,
    margin_minus_cost
from parts
union all
select
    whole.measure_date,
    null as campaign,
    whole.revenue_minus_cost - coalesce(sums.revenue_minus_cost, 0) as revenue_minus_cost,
    whole.margin_minus_cost - coalesce(sums.margin_minus_cost, 0) as margin_minus_cost
from whole
left join sums
    on whole.measure_date = sums.measure_date
where
    whole.revenue_minus_cost is distinct from sums.revenue_minus_cost
    or whole.margin_minus_cost is distinct from sums.margin_minus_cost
