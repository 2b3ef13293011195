{{ connector_model() }}
-- One row per delivery of a task, with the lead it is about: by itself, or by the contact that the lead became, until the day it did.
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
        coalesce({{ salesforce_flag('isclosed') }} or lower(status) = 'completed', false) as is_done,
        coalesce({{ salesforce_instant('completeddatetime') }}, {{ salesforce_instant('createddate') }}) as done_at,
        coalesce({{ is_in_option('calltype', 'salesforce', 'call_types') }}, false) as is_own_call,
        case
            when lower(tasksubtype) = 'call' or calltype is not null or lower(type) = 'call' then 'call'
            when lower(tasksubtype) in ('email', 'listemail') or lower(type) = 'email' then 'email'
            when lower(type) = 'meeting' then 'meeting'
            when lower(type) in ('send letter', 'send quote') then 'info_sent'
        end as activity_type
    from {{ source('salesforce', 'tasks') }}
),

placed as (
    select
        delivered.*,
        contacts.id as converted_lead_id,
        delivered.done_at >= {{ plus_seconds('contacts.converted_day', '86400') }} as is_after_conversion
    from delivered
    left join contacts
        on
            delivered.folder = contacts.folder
            and delivered.whoid = contacts.converted_contact_id
            and contacts.conversion_rank = 1
)

select
    id,
    case when whoid like '00Q%' then whoid when not is_after_conversion then converted_lead_id end as lead_id,
    is_own_call,
    activity_type,
    lower(calltype) as call_type,
    calldisposition as disposition_code,
    {{ parse_whole_number('calldurationinseconds') }} as call_seconds,
    coalesce(lower(tasksubtype) = 'listemail', false) as is_to_a_list,
    case when ownerid like '005%' then ownerid end as agent_id,
    {{ salesforce_instant('createddate') }} as created_at,
    done_at,
    {{ salesforce_instant('coalesce(systemmodstamp, lastmodifieddate)') }} as updated_at,
    _file,
    _row,
    case
        when id is not null and newest_first > 1 then 'a later delivery of the task counts'
        when {{ salesforce_flag('isdeleted') }} then 'the task was deleted'
        when not is_done then 'the task is not done'
        when is_own_call then null
        when activity_type is null then 'a task of another kind'
        when lower(calltype) in ('inbound', 'internal') then 'a call that came in, or within the house'
        when whoid like '00Q%' then null
        when converted_lead_id is null then 'the task is about no lead'
        when is_after_conversion then 'the lead was a customer by then'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from placed
