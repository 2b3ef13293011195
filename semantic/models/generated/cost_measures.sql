-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with whole as (
    select
        period_start as measure_date,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'cost_per_lead') as marketing_cost,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'customer_acquisition_cost') as acquisition_cost,
        max(cast(denominator as decimal(38, 12))) filter (where kpi_id = 'roi') as campaign_cost
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'all'
        and kpi_id in ('cost_per_lead', 'customer_acquisition_cost', 'roi')
    group by period_start
),

parts as (
    select
        period_start as measure_date,
        scope_id as campaign,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'cost_per_lead') as marketing_cost,
        max(cast(numerator as decimal(38, 12))) filter (where kpi_id = 'customer_acquisition_cost') as acquisition_cost,
        max(cast(denominator as decimal(38, 12))) filter (where kpi_id = 'roi') as campaign_cost
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'campaign'
        and kpi_id in ('cost_per_lead', 'customer_acquisition_cost', 'roi')
    group by period_start, scope_id
),

sums as (
    select
        measure_date,
        sum(marketing_cost) as marketing_cost,
        sum(acquisition_cost) as acquisition_cost,
        sum(campaign_cost) as campaign_cost
    from parts
    group by measure_date
)

select
    measure_date,
    campaign,
    marketing_cost,
    acquisition_cost,
    campaign_cost
from parts
union all
select
    whole.measure_date,
    null as campaign,
    whole.marketing_cost - coalesce(sums.marketing_cost, 0) as marketing_cost,
    whole.acquisition_cost - coalesce(sums.acquisition_cost, 0) as acquisition_cost,
    whole.campaign_cost - coalesce(sums.campaign_cost, 0) as campaign_cost
from whole
left join sums
    on whole.measure_date = sums.measure_date
where
    whole.marketing_cost is distinct from sums.marketing_cost
    or whole.acquisition_cost is distinct from sums.acquisition_cost
    or whole.campaign_cost is distinct from sums.campaign_cost
