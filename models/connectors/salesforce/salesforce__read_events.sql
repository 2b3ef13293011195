{{ connector_model() }}
-- One row per delivery of an event, with the lead it is about: by itself, or by the contact that the lead became, until the day it did.
with contacts as (
    select
        *,
        row_number() over (partition by folder, converted_contact_id order by converted_day asc, id asc) as conversion_rank
    from {{ ref('salesforce__read_leads') }}
    where
        _left_out_for is null
        and converted_contact_id is not null
),

delivered as (
    select
        *,
        {{ first_folder('_file') }} as folder,
        {{ salesforce_newest_first() }} as newest_first,
        coalesce(
            case when {{ salesforce_flag('isalldayevent') }} then {{ salesforce_day('activitydate') }} end,
            {{ salesforce_instant('startdatetime') }}
        ) as begins_at
    from {{ source('salesforce', 'events') }}
),

placed as (
    select
        delivered.*,
        contacts.id as converted_lead_id,
        delivered.begins_at >= {{ plus_seconds('contacts.converted_day', '86400') }} as is_after_conversion
    from delivered
    left join contacts
        on
            delivered.folder = contacts.folder
            and delivered.whoid = contacts.converted_contact_id
            and contacts.conversion_rank = 1
)

select
    id,
    case when whoid like '00Q%' then whoid else converted_lead_id end as lead_id,
    case when ownerid like '005%' then ownerid end as agent_id,
    begins_at,
    {{ salesforce_instant('coalesce(systemmodstamp, lastmodifieddate)') }} as updated_at,
    _file,
    _row,
    case
        when id is not null and newest_first > 1 then 'a later delivery of the event counts'
        when {{ salesforce_flag('isdeleted') }} then 'the event was deleted'
        when {{ salesforce_flag('ischild') }} then 'an invitation to an event that is there itself'
        when whoid like '00Q%' then null
        when converted_lead_id is null then 'the event is about no lead'
        when is_after_conversion then 'the lead was a customer by then'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from placed
