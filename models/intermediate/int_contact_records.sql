{{ config(materialized='view') }}
-- One row per contact record, with the person it is about, the list it came in and whether its own disposition ends the work on it.
select
    records.*,
    {{ person_of_record('records') }} as person_id,
    lists.campaign_id,
    lists.supplied_date,
    lists.is_supplied,
    coalesce(dispositions.is_final, false) as has_final_disposition
from {{ ref('stg_contact_records') }} as records
inner join {{ ref('int_contact_lists') }} as lists
    on records.contact_list_id = lists.contact_list_id
left join {{ ref('dispositions') }} as dispositions
    on records.final_disposition_code = dispositions.code
