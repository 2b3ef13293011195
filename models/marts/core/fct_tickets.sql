-- One row per ticket created by as_of, neither merged nor deleted, with every flag a KPI counts. What became of it after as_of is taken as given.
with tickets as (
    select
        *,
        solved_at is not null as is_solved,
        coalesce(is_escalated, false) as is_known_escalated,
        coalesce(reopens > 0, false) as is_reopened
    from {{ ref('int_tickets__placed') }}
)

select
    cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(created_date as date) as created_date,
    cast(solved_date as date) as solved_date,
    cast(closed_date as date) as closed_date,
    cast(created_at as timestamp) as created_at,
    cast(first_reply_at as timestamp) as first_reply_at,
    cast(solved_at as timestamp) as solved_at,
    cast(closed_at as timestamp) as closed_at,
    cast(status as {{ dbt.type_string() }}) as status,
    cast(channel as {{ dbt.type_string() }}) as channel,
    cast(priority as {{ dbt.type_string() }}) as priority,
    cast(product_feature as {{ dbt.type_string() }}) as product_feature,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(timezone as {{ dbt.type_string() }}) as timezone,
    cast(business_hours_id as {{ dbt.type_string() }}) as business_hours_id,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(created_team_id as {{ dbt.type_string() }}) as created_team_id,
    cast(solved_team_id as {{ dbt.type_string() }}) as solved_team_id,
    cast(closed_team_id as {{ dbt.type_string() }}) as closed_team_id,
    cast(agent_replies as bigint) as agent_replies,
    cast(reopens as bigint) as reopens,
    cast(first_response_seconds as bigint) as first_response_seconds,
    cast(first_response_opening_seconds as bigint) as first_response_opening_seconds,
    cast(resolution_seconds as bigint) as resolution_seconds,
    cast(resolution_opening_seconds as bigint) as resolution_opening_seconds,
    cast(case_handle_seconds as bigint) as case_handle_seconds,
    cast(case_handle_opening_seconds as bigint) as case_handle_opening_seconds,
    cast(first_reply_at is not null as boolean) as is_replied,
    cast(is_solved as boolean) as is_solved,
    cast(closed_at is not null as boolean) as is_closed,
    cast(is_known_escalated as boolean) as is_escalated,
    cast(is_reopened as boolean) as is_reopened,
    cast(coalesce(is_complaint, false) as boolean) as is_complaint,
    cast(
        is_solved
        and coalesce(agent_replies = 1, false)
        and not is_known_escalated
        and not is_reopened as boolean
    ) as is_solved_at_first_contact
    {{- passed_through('tickets') }}
from tickets
