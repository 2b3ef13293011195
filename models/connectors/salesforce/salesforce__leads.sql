{{ connector_model() }}
-- One row per lead, its times by the history of its status. The day of a conversion is told without a time: the change to the present status on that day
-- tells it, else the day's beginning, not before anything else that is known.
with leads as (
    select *
    from {{ ref('salesforce__read_leads') }}
    where _left_out_for is null
),

changed as (
    select
        history.folder,
        history.lead_id,
        min(case when history.status in ('contacted', 'qualified') then history.changed_at end) as first_contact_at,
        min(case when history.status = 'qualified' then history.changed_at end) as qualified_at,
        max(case when history.written_status = leads.written_status then history.changed_at end) as present_since
    from {{ ref('salesforce__read_lead_history') }} as history
    inner join leads
        on
            history.folder = leads.folder
            and history.lead_id = leads.id
    where history._left_out_for is null
    group by history.folder, history.lead_id
),

timed as (
    select
        leads.*,
        changed.first_contact_at,
        changed.qualified_at,
        case
            when not leads.is_converted then null
            when
                changed.present_since >= leads.converted_day
                and changed.present_since < {{ plus_seconds('leads.converted_day', '90000') }}
                then changed.present_since
            when leads.converted_day is not null
                then greatest(leads.converted_day, leads.created_at, coalesce(changed.first_contact_at, leads.created_at))
        end as converted_at
    from leads
    left join changed
        on
            leads.folder = changed.folder
            and leads.id = changed.lead_id
)

select
    id as lead_id,
    {{ instant_text('created_at') }} as created_at,
    lead_source as source_channel,
    industry,
    case when employees < 50 then 'small' when employees < 250 then 'medium' when employees >= 250 then 'enterprise' end as company_size,
    -- Leads are owned by users (005) or queues (00G).
    case when owner_id like '005%' then owner_id end as owner_agent_id,
    case when is_converted then 'converted' else status end as status,
    {{ instant_text('first_contact_at') }} as first_contact_at,
    {{ instant_text('qualified_at') }} as qualified_at,
    {{ instant_text('converted_at') }} as converted_at,
    master_id as merged_into_lead_id,
    {{ instant_text('updated_at') }} as updated_at,
    _file,
    _row
from timed
