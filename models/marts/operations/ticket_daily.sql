-- One row per queue, channel and local day, from its first ticket to as_of, quiet days included: the backlog has a level every day.
-- depends_on: {{ ref('kpi_catalogue') }}
{%- set measures = measures_of('ticket_measures') %}
with daily as (
    select
        queue_id,
        channel,
        measure_date,
        {%- for measure in measures %}
        {{ measure }},
        {%- endfor %}
        0 as backlog_change
    from {{ ref('int_tickets__by_day') }}
),

-- A ticket leaves the backlog when it is first solved or closed. One said to be solved or closed at an unknown time cannot be placed in it.
lasting as (
    select
        queue_id,
        channel,
        created_date,
        least(solved_date, closed_date) as ended_date
    from {{ ref('fct_tickets') }}
    where
        is_solved
        or is_closed
        or coalesce(status, '') not in ('solved', 'closed')
),

changes as (
    select
        queue_id,
        channel,
        created_date as measure_date,
        count(*) as backlog_change
    from lasting
    group by queue_id, channel, created_date
    union all
    select
        queue_id,
        channel,
        ended_date as measure_date,
        -count(*) as backlog_change
    from lasting
    where ended_date is not null
    group by queue_id, channel, ended_date
),

spans as (
    select
        daily.queue_id,
        daily.channel,
        min(daily.measure_date) as first_date,
        greatest(max(daily.measure_date), max(run.as_of_date)) as last_date
    from daily
    cross join {{ ref('int_run') }} as run
    group by daily.queue_id, daily.channel
),

united as (
    select * from daily
    union all
    select
        queue_id,
        channel,
        measure_date,
        {%- for measure in measures %}
        0 as {{ measure }},
        {%- endfor %}
        backlog_change
    from changes
    union all
    select
        spans.queue_id,
        spans.channel,
        spine.spine_date as measure_date,
        {%- for measure in measures %}
        0 as {{ measure }},
        {%- endfor %}
        0 as backlog_change
    from spans
    cross join lateral {{ date_rows('spans.first_date', 'spans.last_date') }} as spine
),

by_day as (
    select
        queue_id,
        channel,
        measure_date,
        {%- for measure in measures %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {%- endfor %}
        sum(backlog_change) as backlog_change
    from united
    group by queue_id, channel, measure_date
),

levelled as (
    select
        *,
        sum(backlog_change) over (
            partition by queue_id, channel
            order by measure_date asc
            rows unbounded preceding
        ) as backlog_tickets
    from by_day
)

select
    cast({{ surrogate_key(['levelled.queue_id', 'levelled.channel', 'levelled.measure_date']) }} as {{ dbt.type_string() }}) as ticket_day_id,
    cast(levelled.queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(queues.queue_name as {{ dbt.type_string() }}) as queue_name,
    cast(levelled.channel as {{ dbt.type_string() }}) as channel,
    cast(levelled.measure_date as date) as ticket_date,
    {%- for measure in measures %}
    levelled.{{ measure }},
    {%- endfor %}
    cast(case when levelled.measure_date <= run.as_of_date then levelled.backlog_tickets end as bigint) as backlog_tickets,
    {{ kpi_rate('first_response_time') }} as first_response_time,
    {{ kpi_rate('first_response_time_business') }} as first_response_time_business,
    {{ kpi_rate('average_resolution_time') }} as average_resolution_time,
    {{ kpi_rate('average_case_handle_time') }} as average_case_handle_time,
    {{ kpi_rate('average_case_handle_time_business') }} as average_case_handle_time_business,
    {{ kpi_rate('ticket_escalation_rate') }} as ticket_escalation_rate,
    {{ kpi_rate('ticket_first_contact_resolution') }} as ticket_first_contact_resolution
from levelled
cross join {{ ref('int_run') }} as run
left join {{ ref('dim_queues') }} as queues
    on levelled.queue_id = queues.queue_id
