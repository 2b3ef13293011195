-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        supplied_date as measure_date,
        campaign_id,
        contact_list_id,
        supplied_records,
        usable_records
    from callmart.marts.dim_contact_lists
    where
        supplied_records > 0
        and supplied_date is not null
)

select
    measure_date,
    campaign_id as campaign,
    contact_list_id as contact_list,
    cast(supplied_records as bigint) as supplied_records,
    cast(usable_records as bigint) as usable_records
from daily
