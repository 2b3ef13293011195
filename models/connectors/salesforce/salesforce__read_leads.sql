{{ connector_model() }}
-- One row per delivery of a lead. A lead is exported again whenever it changes: its newest delivery counts.
with delivered as (
    select
        *,
        {{ salesforce_newest_first() }} as newest_first
    from {{ source('salesforce', 'leads') }}
)

select
    {{ first_folder('_file') }} as folder,
    id,
    masterrecordid as master_id,
    leadsource as lead_source,
    status as written_status,
    {{ salesforce_status('status') }} as status,
    industry,
    {{ parse_whole_number('numberofemployees') }} as employees,
    ownerid as owner_id,
    {{ salesforce_flag('isconverted') }} as is_converted,
    {{ salesforce_day('converteddate') }} as converted_day,
    convertedcontactid as converted_contact_id,
    convertedopportunityid as converted_opportunity_id,
    {{ salesforce_instant('createddate') }} as created_at,
    {{ salesforce_instant('coalesce(systemmodstamp, lastmodifieddate)') }} as updated_at,
    _file,
    _row,
    case
        when id is not null and newest_first > 1 then 'a later delivery of the lead counts'
        when {{ salesforce_flag('isdeleted') }} and masterrecordid is null then 'the lead was deleted'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from delivered
