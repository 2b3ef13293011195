{{ config(materialized='view') }}
-- One row per ticket created by as_of, neither merged nor deleted: the calendar of its queue, and the local day and its agent's team when it was created,
-- solved and closed.
{%- set reporting_timezone = "'" ~ var('reporting_timezone') ~ "'" %}
with tickets as (
    select
        tickets.*,
        coalesce(queues.timezone, {{ reporting_timezone }}) as timezone,
        coalesce(queues.effective_business_hours_id, 'default') as business_hours_id
    from {{ ref('stg_tickets') }} as tickets
    left join {{ ref('int_queues') }} as queues
        on tickets.queue_id = queues.queue_id
    cross join {{ ref('int_run') }} as run
    where
        tickets.created_at <= run.as_of
        and coalesce(tickets.status, '') not in ('merged', 'deleted')
),

dated as (
    select
        tickets.*
        {%- for step in ['created', 'solved', 'closed'] %},
        cast({{ plus_seconds('tickets.' ~ step ~ '_at', 'case
            when tickets.' ~ step ~ '_at < ' ~ step ~ '_days.offset_changes_at then ' ~ step ~ '_days.offset_before_seconds
            else ' ~ step ~ '_days.offset_after_seconds
        end') }} as date) as {{ step }}_date
        {%- endfor %}
    from tickets
    {%- for step in ['created', 'solved', 'closed'] %}
    left join {{ ref('int_timezone_days') }} as {{ step }}_days
        on tickets.timezone = {{ step }}_days.timezone and cast(tickets.{{ step }}_at as date) = {{ step }}_days.utc_date
    {%- endfor %}
),

final as (
    select
        dated.*
        {%- for step in ['created', 'solved', 'closed'] %},
        {{ step }}_agents.team_id as {{ step }}_team_id
        {%- endfor %}
        {%- for duration, instant in {
            'first_response': 'first_reply_at', 'resolution': 'solved_at', 'case_handle': 'closed_at',
        }.items() %},
        {{ seconds_between('dated.created_at', 'dated.' ~ instant) }} as {{ duration }}_seconds,
        {{ opening_seconds('at_creation', 'dated.created_at', 'at_' ~ duration, 'dated.' ~ instant) }} as {{ duration }}_opening_seconds
        {%- endfor %}
    from dated
    {%- for step in ['created', 'solved', 'closed'] %}
    left join {{ ref('int_agents__history') }} as {{ step }}_agents
        on
            dated.agent_id = {{ step }}_agents.agent_id
            and {{ in_force(step ~ '_agents', 'dated.' ~ step ~ '_date') }}
    {%- endfor %}
    {{ join_opening_hours('dated', 'created_at', 'at_creation') }}
    {{ join_opening_hours('dated', 'first_reply_at', 'at_first_response') }}
    {{ join_opening_hours('dated', 'solved_at', 'at_resolution') }}
    {{ join_opening_hours('dated', 'closed_at', 'at_case_handle') }}
)

select * from final
