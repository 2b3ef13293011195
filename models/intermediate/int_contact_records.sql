{{ config(materialized='view') }}
-- One row per contact record, with the person it is about and the list it came in.
select
    records.*,
    {{ person_of_record('records') }} as person_id,
    lists.campaign_id,
    lists.supplied_date,
    lists.is_supplied
from {{ ref('stg_contact_records') }} as records
inner join {{ ref('int_contact_lists') }} as lists
    on records.contact_list_id = lists.contact_list_id
