-- One row per queue and local day with at least one queue entry.
-- depends_on: {{ ref('kpi_catalogue') }}
with measures as (
    select *
    from {{ ref('queue_measures') }}
    where scope_type = 'queue'
),

handled as (
    select *
    from {{ ref('handling_measures') }}
    where scope_type = 'queue'
),

joined as (
    select
        measures.*,
        queues.queue_name,
        queues.site,
        handled.handled_inbound_calls,
        handled.handle_seconds
    from measures
    left join {{ ref('dim_queues') }} as queues
        on measures.scope_id = queues.queue_id
    left join handled
        on measures.scope_id = handled.scope_id and measures.measure_date = handled.measure_date
)

select
    cast({{ surrogate_key(['scope_id', 'measure_date']) }} as {{ dbt.type_string() }}) as queue_day_id,
    cast(scope_id as {{ dbt.type_string() }}) as queue_id,
    cast(queue_name as {{ dbt.type_string() }}) as queue_name,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(measure_date as date) as call_date,
    offered_calls,
    answered_calls,
    abandoned_calls,
    short_abandoned_calls,
    answered_within_target_calls,
    answered_within_60_seconds_calls,
    answered_wait_seconds,
    answered_calls_with_known_wait,
    abandoned_wait_seconds,
    abandoned_calls_with_known_wait,
    cast(coalesce(handled_inbound_calls, 0) as bigint) as handled_inbound_calls,
    cast(coalesce(handle_seconds, 0) as bigint) as handle_seconds,
    {{ kpi_rate('service_level') }} as service_level,
    {{ kpi_rate('answer_rate') }} as answer_rate,
    {{ kpi_rate('abandonment_rate') }} as abandonment_rate,
    {{ kpi_rate('average_speed_of_answer') }} as average_speed_of_answer,
    {{ kpi_rate('average_abandon_time') }} as average_abandon_time,
    {{ kpi_rate('average_handle_time') }} as average_handle_time
from joined
