{{ connector_model() }}
-- One row per delivery of a call. A call is exported again whenever it changes: its newest delivery counts.
with delivered as (
    select
        *,
        {{ first_folder('_file') }} as folder,
        row_number() over (
            partition by {{ first_folder('_file') }}, id order by {{ parse_instant('updated_at') }} desc nulls last, _file desc, _row desc
        ) as newest_first
    from {{ source('zendesk', 'calls') }}
)

select
    folder,
    id,
    lower(direction) as direction,
    coalesce(lower(callback) = 'true', false) as is_callback,
    lower(callback_source) as callback_source,
    lower(completion_status) as completion_status,
    {{ parse_instant('created_at') }} as created_at,
    updated_at,
    nullif(agent_id, '0') as agent_id,
    customer_id,
    call_group_id,
    ticket_id,
    phone_number,
    lower(ivr_action) as ivr_action,
    coalesce(lower(outside_business_hours) = 'true', false) as is_out_of_hours,
    coalesce(lower(overflowed) = 'true', false) as is_overflowed,
    coalesce(lower(voicemail) = 'true', false) as is_voicemail,
    coalesce(lower(coalesce(exceeded_queue_time, exceeded_queue_wait_time)) = 'true', false) as is_waited_out,
    {%- for name in ['ivr_time_spent', 'wait_time', 'time_to_answer', 'duration', 'talk_time', 'hold_time', 'wrap_up_time', 'recording_time'] %}
    {{ parse_whole_number(name) }} as {{ name }},
    {%- endfor %}
    _file,
    _row,
    case
        when id is not null and newest_first > 1 then 'a later delivery of the call counts'
        when completion_status is null then 'the call had not ended when it was exported'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from delivered
