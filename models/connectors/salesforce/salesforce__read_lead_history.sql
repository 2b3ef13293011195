{{ connector_model() }}
-- One row per delivery of a change of a lead. The changes of its status are read.
with leads as (
    select
        folder,
        id
    from {{ ref('salesforce__read_leads') }}
    where
        _left_out_for is null
        and id is not null
),

delivered as (
    select
        {{ first_folder('_file') }} as folder,
        leadid as lead_id,
        newvalue as written_status,
        {{ salesforce_status('newvalue') }} as status,
        {{ salesforce_instant('createddate') }} as changed_at,
        coalesce(lower(field) = 'status', false) as is_of_status,
        _file,
        _row,
        case
            when id is not null then row_number() over (partition by {{ first_folder('_file') }}, id order by _file, _row)
            else 1
        end as delivery
    from {{ source('salesforce', 'lead_history') }}
)

select
    delivered.folder,
    delivered.lead_id,
    delivered.written_status,
    delivered.status,
    delivered.changed_at,
    delivered._file,
    delivered._row,
    case
        when not delivered.is_of_status then 'the change is not one of the status'
        when delivered.delivery > 1 then 'the change was exported before'
        when leads.id is null then 'the lead was not exported, or was deleted'
    end as _left_out_for,
    delivered.lead_id as _made_into_id
from delivered
left join leads
    on
        delivered.folder = leads.folder
        and delivered.lead_id = leads.id
