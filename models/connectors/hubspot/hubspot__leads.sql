{{ connector_model() }}
-- One row per contact and list. The first contact is the first call that connected, or meeting that was held, before the contact became a customer.
with touches as (
    select
        folder,
        contact_id,
        {{ parse_instant('happened_at') }} as touched_at
    from {{ ref('hubspot__read_calls') }}
    where
        is_contact
        and _left_out_for is null
    union all
    select
        folder,
        contact_id,
        {{ parse_instant('starts_at') }} as touched_at
    from {{ ref('hubspot__read_meetings') }}
    where
        is_contact
        and _left_out_for is null
),

first_touches as (
    select
        folder,
        contact_id,
        min(touched_at) as first_touch_at
    from touches
    group by folder, contact_id
)

select
    contacts.contact_id as lead_id,
    contacts.created_at,
    contacts.source_channel,
    contacts.campaign_id,
    contacts.industry,
    contacts.owner_id as owner_agent_id,
    case
        when contacts.lifecycle_stage in ('customer', 'evangelist') then 'converted'
        when contacts.lead_status = 'UNQUALIFIED' then 'rejected'
        when contacts.lifecycle_stage in ('salesqualifiedlead', 'opportunity') or contacts.lead_status = 'OPEN_DEAL' then 'qualified'
        when contacts.lead_status in ('CONNECTED', 'BAD_TIMING') then 'contacted'
        when contacts.lifecycle_stage in ('lead', 'marketingqualifiedlead') or contacts.lead_status in ('NEW', 'OPEN', 'ATTEMPTED_TO_CONTACT') then 'new'
    end as status,
    case
        when contacts.converted_at is null or first_touches.first_touch_at <= {{ parse_instant('contacts.converted_at') }}
            then {{ instant_text('first_touches.first_touch_at') }}
    end as first_contact_at,
    contacts.qualified_at,
    contacts.converted_at,
    contacts.survivor_id as merged_into_lead_id,
    contacts.updated_at,
    contacts._file,
    contacts._row
from {{ ref('hubspot__read_contacts') }} as contacts
left join first_touches
    on
        contacts.folder = first_touches.folder
        and contacts.contact_id = first_touches.contact_id
where contacts._left_out_for is null
