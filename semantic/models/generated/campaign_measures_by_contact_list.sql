-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
select
    period_start as measure_date,
    scope_id as contact_list,
    max(cast(denominator as bigint)) filter (where kpi_id = 'penetration_rate') as targeted_persons,
    max(cast(numerator as bigint)) filter (where kpi_id = 'penetration_rate') as contacted_persons
from callmart.marts.kpi_values
where
    grain = 'day'
    and scope_type = 'contact_list'
    and kpi_id in ('penetration_rate')
group by period_start, scope_id
