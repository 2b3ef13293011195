-- One row per queue and half hour with at least one queue entry: the agents it would have taken to reach the targets, by Erlang C and Erlang A, beside the
-- agents there were. Half hours are named by their start in UTC.
with staffed_days as (
    select distinct
        queue_id,
        state_date
    from {{ ref('fct_agent_states') }}
    where queue_occupied_or_available_seconds > 0
),

handling as (
    select
        queue_id,
        interval_started_at,
        count(distinct agent_id) as handling_agents
    from {{ ref('fct_calls') }}
    where
        is_handled_inbound
        and queue_id is not null
    group by queue_id, interval_started_at
),

-- Days on which no state names the queue are days on which nobody wrote down who was there.
final as (
    select
        intervals.*,
        queues.queue_name,
        levels.load_erlangs,
        levels.erlang_c_agents,
        levels.erlang_c_service_level,
        levels.erlang_c_speed_of_answer,
        levels.erlang_a_agents,
        levels.erlang_a_service_level,
        levels.erlang_a_speed_of_answer,
        levels.erlang_a_abandonment_rate,
        coalesce(handling.handling_agents, 0) as handling_agents,
        case when staffed_days.queue_id is not null then coalesce(agents.staffed_seconds, 0) end as staffed_seconds
    from {{ ref('int_staffing__intervals') }} as intervals
    left join {{ ref('dim_queues') }} as queues
        on intervals.queue_id = queues.queue_id
    left join {{ ref('int_staffing__levels') }} as levels
        on
            intervals.offered_calls = levels.offered_calls
            and intervals.handle_seconds = levels.handle_seconds
            and intervals.target_answer_seconds = levels.target_answer_seconds
            and coalesce(intervals.target_service_level, -1) = coalesce(levels.target_service_level, -1)
            and coalesce(intervals.target_speed_of_answer, -1) = coalesce(levels.target_speed_of_answer, -1)
            and coalesce(intervals.patience_seconds, -1) = coalesce(levels.patience_seconds, -1)
    left join {{ ref('int_staffing__agents') }} as agents
        on
            intervals.queue_id = agents.queue_id
            and cast(floor({{ epoch_microseconds('intervals.interval_started_at') }} / 1800000000) as bigint) = agents.half_hour_number
    left join staffed_days
        on intervals.queue_id = staffed_days.queue_id and intervals.call_date = staffed_days.state_date
    left join handling
        on intervals.queue_id = handling.queue_id and intervals.interval_started_at = handling.interval_started_at
)

select
    cast({{ surrogate_key(['queue_id', 'interval_started_at']) }} as {{ dbt.type_string() }}) as staffing_id,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(queue_name as {{ dbt.type_string() }}) as queue_name,
    cast(interval_started_at as timestamp) as interval_started_at,
    cast(local_interval_started_at as timestamp) as local_interval_started_at,
    cast(call_date as date) as call_date,
    cast(offered_calls as bigint) as offered_calls,
    cast(answered_calls as bigint) as answered_calls,
    cast(answered_within_target_calls as bigint) as answered_within_target_calls,
    cast(handle_seconds as bigint) as handle_seconds_per_call,
    cast(offered_calls * handle_seconds / 1800e0 as double) as load_erlangs,
    cast(patience_seconds as bigint) as patience_seconds,
    cast(target_service_level as double) as target_service_level,
    cast(target_answer_seconds as bigint) as target_answer_seconds,
    cast(target_speed_of_answer as double) as target_speed_of_answer,
    cast(erlang_c_agents as bigint) as erlang_c_agents,
    cast(erlang_c_service_level as double) as erlang_c_service_level,
    cast(erlang_c_speed_of_answer as double) as erlang_c_speed_of_answer,
    cast(erlang_a_agents as bigint) as erlang_a_agents,
    cast(erlang_a_service_level as double) as erlang_a_service_level,
    cast(erlang_a_speed_of_answer as double) as erlang_a_speed_of_answer,
    cast(erlang_a_abandonment_rate as double) as erlang_a_abandonment_rate,
    cast(coalesce(erlang_a_agents, erlang_c_agents) as bigint) as needed_agents,
    cast(staffed_seconds as bigint) as staffed_seconds,
    cast(staffed_seconds / 1800e0 as double) as staffed_agents,
    cast(handling_agents as bigint) as handling_agents,
    cast(1800 * coalesce(erlang_a_agents, erlang_c_agents) - staffed_seconds as bigint) as missing_agent_seconds
from final
