{{ connector_model() }}
-- One row per delivery of a call resource: which call it is part of.
{%- set not_final = "('queued', 'initiated', 'ringing', 'in-progress')" %}
with deliveries as (
    select
        {{ first_folder('_file') }} as folder,
        nullif(sid, '') as call_sid,
        nullif(parent_call_sid, '') as parent_call_sid,
        {{ parse_instant(mail_date('date_created')) }} as created_at,
        {{ parse_instant(mail_date('date_updated')) }} as updated_at,
        {{ parse_instant(mail_date('start_time')) }} as started_at,
        {{ parse_instant(mail_date('end_time')) }} as ended_at,
        {{ parse_whole_number('duration') }} as duration,
        lower(direction) as direction,
        lower(status) as status,
        lower(answered_by) as answered_by,
        {{ adapter.quote('from') }} as from_address,
        {{ adapter.quote('to') }} as to_address,
        abs({{ parse_decimal('price', 18, 6) }}) as price,
        upper(nullif(price_unit, '')) as price_unit,
        _file,
        _row
    from {{ source('twilio', 'calls') }}
),

ranked as (
    select
        *,
        row_number() over (partition by folder, call_sid order by updated_at desc nulls last, _file desc, _row desc) as newness
    from deliveries
),

-- A call that is dialled may dial in turn.
placed as (
    select
        ranked.*,
        case
            when ranked.parent_call_sid is null then ranked.call_sid
            else coalesce(parents.parent_call_sid, parents.call_sid)
        end as root_call_sid
    from ranked
    left join ranked as parents
        on
            ranked.folder = parents.folder
            and ranked.parent_call_sid = parents.call_sid
            and parents.newness = 1
)

select
    placed.*,
    case
        when placed.call_sid is null then null
        when placed.newness > 1 then 'a newer delivery of the call is there'
        when placed.status in {{ not_final }} then 'the call had not ended when it was exported'
        when placed.call_sid = placed.root_call_sid then null
        when roots.call_sid is null then 'the call that dialled it is not in the export'
        when roots.status in {{ not_final }} then 'the call that dialled it had not ended when it was exported'
        when roots.parent_call_sid is not null then 'it was dialled by a call three calls deep'
    end as _left_out_for,
    placed.root_call_sid as _made_into_id
from placed
left join ranked as roots
    on
        placed.folder = roots.folder
        and placed.root_call_sid = roots.call_sid
        and roots.newness = 1
