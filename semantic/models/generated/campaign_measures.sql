-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with whole as (
    select
        period_start as measure_date,
        max(cast(denominator as bigint)) filter (where kpi_id = 'penetration_rate') as targeted_persons,
        max(cast(denominator as bigint)) filter (where kpi_id = 'conversion_rate_per_targeted') as pushed_persons,
        max(cast(numerator as bigint)) filter (where kpi_id = 'penetration_rate') as contacted_persons,
        max(cast(numerator as bigint)) filter (where kpi_id = 'conversion_rate_per_targeted') as converted_persons
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'all'
        and kpi_id in ('penetration_rate', 'conversion_rate_per_targeted')
    group by period_start
),

parts as (
    select
        period_start as measure_date,
        scope_id as campaign,
        max(cast(denominator as bigint)) filter (where kpi_id = 'penetration_rate') as targeted_persons,
        max(cast(denominator as bigint)) filter (where kpi_id = 'conversion_rate_per_targeted') as pushed_persons,
        max(cast(numerator as bigint)) filter (where kpi_id = 'penetration_rate') as contacted_persons,
        max(cast(numerator as bigint)) filter (where kpi_id = 'conversion_rate_per_targeted') as converted_persons
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'campaign'
        and kpi_id in ('penetration_rate', 'conversion_rate_per_targeted')
    group by period_start, scope_id
),

sums as (
    select
        measure_date,
        sum(targeted_persons) as targeted_persons,
        sum(pushed_persons) as pushed_persons,
        sum(contacted_persons) as contacted_persons,
        sum(converted_persons) as converted_persons
    from parts
    group by measure_date
)

select
    measure_date,
    campaign,
    targeted_persons,
    pushed_persons,
    contacted_persons,
    converted_persons
from parts
union all
select
    whole.measure_date,
    null as campaign,
    whole.targeted_persons - coalesce(sums.targeted_persons, 0) as targeted_persons,
    whole.pushed_persons - coalesce(sums.pushed_persons, 0) as pushed_persons,
    whole.contacted_persons - coalesce(sums.contacted_persons, 0) as contacted_persons,
    whole.converted_persons - coalesce(sums.converted_persons, 0) as converted_persons
from whole
left join sums
    on whole.measure_date = sums.measure_date
where
    whole.targeted_persons is distinct from sums.targeted_persons
    or whole.pushed_persons is distinct from sums.pushed_persons
    or whole.contacted_persons is distinct from sums.contacted_persons
    or whole.converted_persons is distinct from sums.converted_persons
