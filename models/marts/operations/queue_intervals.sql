{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['call_date']}) }}
-- One row per queue, half hour and local day with at least one queue entry: in zones a quarter of an hour off, midnight cuts a half hour in two.
-- The half hour is named by its start in UTC, so that the hour that occurs twice when clocks go back stays two hours.
-- depends_on: {{ ref('kpi_catalogue') }}
with counted as (
    select
        queue_id,
        interval_started_at,
        call_date,
        min(timezone) as timezone,
        min({{ seconds_between('started_at', 'local_started_at') }}) as utc_offset_seconds,
        count(*) as offered_calls,
        count(*) filter (where is_answered) as answered_calls,
        count(*) filter (where is_abandoned) as abandoned_calls,
        count(*) filter (where is_answered_within_target) as answered_within_target_calls,
        coalesce(sum(wait_seconds) filter (where is_answered), 0) as answered_wait_seconds,
        count(*) filter (where is_answered and wait_seconds is not null) as answered_calls_with_known_wait,
        count(*) filter (where is_handled_inbound) as handled_inbound_calls,
        coalesce(sum(handle_seconds) filter (where is_handled_inbound), 0) as handle_seconds
    from {{ ref('fct_calls') }}
    where
        is_offered
        and queue_id is not null
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by queue_id, interval_started_at, call_date
)

select
    cast({{ surrogate_key(['counted.queue_id', 'counted.interval_started_at', 'counted.call_date']) }} as {{ dbt.type_string() }}) as queue_interval_id,
    cast(counted.queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(queues.queue_name as {{ dbt.type_string() }}) as queue_name,
    cast(counted.interval_started_at as timestamp) as interval_started_at,
    cast({{ plus_seconds('counted.interval_started_at', 'counted.utc_offset_seconds') }} as timestamp) as local_interval_started_at,
    cast(counted.utc_offset_seconds as bigint) as utc_offset_seconds,
    cast(counted.timezone as {{ dbt.type_string() }}) as timezone,
    cast(counted.call_date as date) as call_date,
    cast(counted.offered_calls as bigint) as offered_calls,
    cast(counted.answered_calls as bigint) as answered_calls,
    cast(counted.abandoned_calls as bigint) as abandoned_calls,
    cast(counted.answered_within_target_calls as bigint) as answered_within_target_calls,
    cast(counted.answered_wait_seconds as bigint) as answered_wait_seconds,
    cast(counted.answered_calls_with_known_wait as bigint) as answered_calls_with_known_wait,
    cast(counted.handled_inbound_calls as bigint) as handled_inbound_calls,
    cast(counted.handle_seconds as bigint) as handle_seconds,
    {{ kpi_rate('service_level') }} as service_level,
    {{ kpi_rate('abandonment_rate') }} as abandonment_rate,
    {{ kpi_rate('average_speed_of_answer') }} as average_speed_of_answer,
    {{ kpi_rate('average_handle_time') }} as average_handle_time
from counted
left join {{ ref('dim_queues') }} as queues
    on counted.queue_id = queues.queue_id
