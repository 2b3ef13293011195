-- One row per contact list: declared in the raw contact lists, or only named by a record or a call.
with records as (
    select
        contact_list_id,
        count(*) as supplied_records,
        count(*) filter (where is_usable) as usable_records,
        count(distinct person_id) as persons_targeted,
        count(distinct person_id) filter (where is_usable) as persons_pushed
    from {{ ref('fct_contact_records') }}
    where is_supplied
    group by contact_list_id
)

select
    cast(lists.contact_list_id as {{ dbt.type_string() }}) as contact_list_id,
    cast(lists.campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(lists.supplied_at as timestamp) as supplied_at,
    cast(lists.supplied_date as date) as supplied_date,
    cast(coalesce(records.supplied_records, 0) as bigint) as supplied_records,
    cast(coalesce(records.usable_records, 0) as bigint) as usable_records,
    cast(coalesce(records.persons_targeted, 0) as bigint) as persons_targeted,
    cast(coalesce(records.persons_pushed, 0) as bigint) as persons_pushed,
    cast(lists.is_supplied as boolean) as is_supplied,
    cast(lists.is_declared as boolean) as is_declared
from {{ ref('int_contact_lists') }} as lists
left join records
    on lists.contact_list_id = records.contact_list_id
