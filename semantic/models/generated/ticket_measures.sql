-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select * from (
    select
        created_date as measure_date,
        queue_id,
        channel,
        agent_id,
        created_team_id as team_id,
        product_feature,
        count(*) as created_tickets,
        count(*) filter (where is_replied) as replied_tickets,
        coalesce(sum(first_response_seconds), 0) as first_response_seconds,
        count(first_response_opening_seconds) as replied_tickets_with_known_hours,
        coalesce(sum(first_response_opening_seconds), 0) as first_response_opening_seconds,
        count(*) filter (where is_escalated) as escalated_tickets,
        count(*) filter (where is_reopened) as reopened_tickets,
        count(*) filter (where is_complaint) as complaint_tickets,
        0 as solved_tickets,
        0 as resolution_seconds,
        0 as tickets_solved_at_first_contact,
        0 as closed_tickets,
        0 as case_handle_seconds,
        0 as closed_tickets_with_known_hours,
        0 as case_handle_opening_seconds
    from callmart.marts.fct_tickets
    where created_date is not null
    group by created_date, queue_id, channel, agent_id, created_team_id, product_feature
    union all
    select
        solved_date as measure_date,
        queue_id,
        channel,
        agent_id,
        solved_team_id as team_id,
        product_feature,
        0 as created_tickets,
        0 as replied_tickets,
        0 as first_response_seconds,
        0 as replied_tickets_with_known_hours,
        0 as first_response_opening_seconds,
        0 as escalated_tickets,
        0 as reopened_tickets,
        0 as complaint_tickets,
        count(*) as solved_tickets,
        coalesce(sum(resolution_seconds), 0) as resolution_seconds,
        count(*) filter (where is_solved_at_first_contact) as tickets_solved_at_first_contact,
        0 as closed_tickets,
        0 as case_handle_seconds,
        0 as closed_tickets_with_known_hours,
        0 as case_handle_opening_seconds
    from callmart.marts.fct_tickets
    where solved_date is not null
    group by solved_date, queue_id, channel, agent_id, solved_team_id, product_feature
    union all
    select
        closed_date as measure_date,
        queue_id,
        channel,
        agent_id,
        closed_team_id as team_id,
        product_feature,
        0 as created_tickets,
        0 as replied_tickets,
        0 as first_response_seconds,
        0 as replied_tickets_with_known_hours,
        0 as first_response_opening_seconds,
        0 as escalated_tickets,
        0 as reopened_tickets,
        0 as complaint_tickets,
        0 as solved_tickets,
        0 as resolution_seconds,
        0 as tickets_solved_at_first_contact,
        count(*) as closed_tickets,
        coalesce(sum(case_handle_seconds), 0) as case_handle_seconds,
        count(case_handle_opening_seconds) as closed_tickets_with_known_hours,
        coalesce(sum(case_handle_opening_seconds), 0) as case_handle_opening_seconds
    from callmart.marts.fct_tickets
    where closed_date is not null
    group by closed_date, queue_id, channel, agent_id, closed_team_id, product_feature
)
)

select
    measure_date,
    queue_id as queue,
    team_id as team,
    agent_id as agent,
    channel,
    product_feature,
    cast(created_tickets as bigint) as created_tickets,
    cast(replied_tickets as bigint) as replied_tickets,
    cast(first_response_seconds as bigint) as first_response_seconds,
    cast(replied_tickets_with_known_hours as bigint) as replied_tickets_with_known_hours,
    cast(first_response_opening_seconds as bigint) as first_response_opening_seconds,
    cast(escalated_tickets as bigint) as escalated_tickets,
    cast(reopened_tickets as bigint) as reopened_tickets,
    cast(complaint_tickets as bigint) as complaint_tickets,
    cast(solved_tickets as bigint) as solved_tickets,
    cast(resolution_seconds as bigint) as resolution_seconds,
    cast(tickets_solved_at_first_contact as bigint) as tickets_solved_at_first_contact,
    cast(closed_tickets as bigint) as closed_tickets,
    cast(case_handle_seconds as bigint) as case_handle_seconds,
    cast(closed_tickets_with_known_hours as bigint) as closed_tickets_with_known_hours,
    cast(case_handle_opening_seconds as bigint) as case_handle_opening_seconds
from daily
