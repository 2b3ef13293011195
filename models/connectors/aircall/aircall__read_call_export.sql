{{ connector_model() }}
-- One row per call of the call history of the dashboard, in the columns of `aircall__read_calls`.
{%- set text = dbt.type_string() %}
{%- set clocks = ['waiting_time', 'time_to_answer', 'time_in_ivr'] %}
with calls as (
    select
        history.*,
        {{ parse_instant("(history.datetime_utc || 'Z')") }} as started,
        {{ parse_whole_number('history.duration_total') }} as total_seconds,
        {{ parse_whole_number('history.duration_in_call') }} as talk_seconds,
        case when history.user <> '[No associated user]' then history.user end as agent_name,
        {%- for name in clocks %}
        {%- set parts = [] %}
        {%- for seconds in [3600, 60, 1] %}
        {%- do parts.append(parse_whole_number(dbt.split_part('history.' ~ name, "':'", loop.index)) ~ ' * ' ~ seconds) %}
        {%- endfor %}
        {{ parts | join(' + ') }} as {{ name }}_seconds{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source('aircall', 'call_export') }} as history
),

timed as (
    select
        *,
        lower(answered) = 'yes' as is_answered,
        {{ plus_seconds('started', 'total_seconds') }} as ended,
        {{ plus_seconds('started', 'total_seconds - talk_seconds') }} as picked_up
    from calls
)

select
    call_id_internal as call_id,
    lower(direction) as direction,
    is_answered,
    lower(missed_call_reason) as missed_call_reason,
    voicemail is not null as has_voicemail,
    {{ instant_text('started') }} as started_at,
    case when is_answered then {{ instant_text('picked_up') }} end as answered_at,
    {{ instant_text('ended') }} as ended_at,
    coalesce(time_to_answer_seconds, waiting_time_seconds - coalesce(time_in_ivr_seconds, 0)) as wait_seconds,
    time_in_ivr_seconds as ivr_seconds,
    line as queue_id,
    line as queue_name,
    number_timezone as queue_timezone,
    aircall_number as line_number,
    agent_name as agent_id,
    agent_name,
    cast(null as {{ text }}) as transferring_agent_id,
    cast(null as {{ text }}) as transferring_agent_name,
    cast(null as {{ text }}) as customer_id,
    case when lower(customer_number) <> 'anonymous' then customer_number end as customer_number,
    case when {{ is_in_option('tags', 'aircall', 'disposition_tags') }} then tags end as disposition_code,
    recording is not null as is_recorded,
    case when lower(disconnected_by) = 'external' then 'customer' when is_answered and lower(disconnected_by) = 'agent' then 'agent' end as disconnected_by,
    cast(null as {{ text }}) as updated_at,
    _file,
    _row,
    cast(null as {{ text }}) as _left_out_for,
    cast(null as {{ text }}) as _made_into_id
from timed
