{{ connector_model() }}
-- One row per delivery of a leg, with what it is to its call. A conversation is an agent's; of a call that goes out the first leg of an agent is one even when
-- nobody picks up.
with calls as (
    select
        folder,
        id,
        direction = 'outbound' or is_callback as is_going_out,
        is_callback
    from {{ ref('zendesk__read_calls') }}
    where
        _left_out_for is null
        and id is not null
),

delivered as (
    select
        legs.id,
        legs.call_id,
        lower(legs.type) as leg_type,
        lower(legs.completion_status) as completion_status,
        {{ parse_instant('legs.created_at') }} as created_at,
        legs.updated_at,
        legs.agent_id,
        legs.user_id,
        {%- for name in ['transferred_from', 'consultation_from'] %}
        nullif(legs.{{ name }}, '0') as {{ name }},
        {%- endfor %}
        {%- for name in ['duration', 'talk_time', 'hold_time', 'wrap_up_time'] %}
        {{ parse_whole_number('legs.' ~ name) }} as {{ name }},
        {%- endfor %}
        {{ first_folder('legs._file') }} as folder,
        legs._file,
        legs._row,
        row_number() over (
            partition by {{ first_folder('legs._file') }}, legs.id
            order by {{ parse_instant('legs.updated_at') }} desc nulls last, legs._file desc, legs._row desc
        ) as newest_first
    from {{ source('zendesk', 'legs') }} as legs
),

judged as (
    select
        delivered.*,
        coalesce(calls.is_going_out, false) as is_going_out,
        case
            when delivered.id is not null and delivered.newest_first > 1 then 'a later delivery of the leg counts'
            when delivered.id is null then 'the leg has no id'
            when calls.id is null then 'the call of the leg was not exported, or had not ended'
            when delivered.completion_status is null then 'the leg had not ended when it was exported'
            when delivered.leg_type = 'external' then 'a third party on the line is no agent'
            when delivered.leg_type = 'supervisor' then 'a supervisor listening in is no leg of the call'
            when delivered.leg_type = 'customer' then null
            when coalesce(delivered.leg_type, '') <> 'agent' then 'a leg of an unknown kind'
            when delivered.completion_status <> 'completed' then 'the agent did not take the call'
        end as reason
    from delivered
    left join calls
        on
            delivered.folder = calls.folder
            and delivered.call_id = calls.id
),

numbered as (
    select
        *,
        reason is null and leg_type = 'agent' as is_taken,
        row_number() over (
            partition by folder, call_id, reason is null and leg_type = 'agent'
            order by created_at asc nulls last, length(id) asc, id asc, _file asc, _row asc
        ) as taken_number
    from judged
),

told_apart as (
    select
        *,
        is_taken and (coalesce(talk_time, 1) > 0 or (is_going_out and taken_number = 1)) as is_conversation,
        is_taken and consultation_from is not null as is_consulted
    from numbered
),

placed as (
    select
        *,
        row_number() over (partition by folder, call_id, is_conversation order by taken_number asc, _file asc, _row asc) as conversation_number
    from told_apart
),

final as (
    select
        *,
        max(case when is_conversation and conversation_number = 1 then id end) over (partition by folder, call_id) as first_leg_id
    from placed
)

select
    folder,
    id,
    call_id,
    leg_type,
    created_at,
    updated_at,
    agent_id,
    user_id,
    transferred_from,
    duration,
    talk_time,
    hold_time,
    wrap_up_time,
    is_conversation,
    case when is_conversation then conversation_number end as conversation_number,
    _file,
    _row,
    case
        when reason is not null then reason
        when leg_type = 'agent' and not is_conversation and not is_consulted then 'the agent did not talk'
    end as _left_out_for,
    case
        when leg_type = 'customer' or (is_conversation and conversation_number = 1) then coalesce(first_leg_id, 'call-' || call_id)
    end as _made_into_id
from final
