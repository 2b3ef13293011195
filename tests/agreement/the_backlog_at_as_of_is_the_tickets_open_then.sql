-- Cumulated day by day, the backlog ends at as_of with the tickets that are open then, counted one by one.
with levels as (
    select
        marts.queue_id,
        marts.channel,
        marts.backlog_tickets
    from {{ ref('ticket_daily') }} as marts
    inner join {{ ref('int_run') }} as run
        on marts.ticket_date = run.as_of_date
),

open_tickets as (
    select
        tickets.queue_id,
        tickets.channel,
        count(*) as tickets
    from {{ ref('fct_tickets') }} as tickets
    cross join {{ ref('int_run') }} as run
    where
        tickets.created_date <= run.as_of_date
        and coalesce(tickets.solved_date > run.as_of_date, true)
        and coalesce(tickets.closed_date > run.as_of_date, true)
        and (tickets.is_solved or tickets.is_closed or coalesce(tickets.status, '') not in ('solved', 'closed'))
    group by tickets.queue_id, tickets.channel
)

select
    levels.queue_id,
    levels.channel,
    levels.backlog_tickets,
    open_tickets.tickets
from levels
full outer join open_tickets
    on
        levels.queue_id is not distinct from open_tickets.queue_id
        and levels.channel is not distinct from open_tickets.channel
where not coalesce(levels.backlog_tickets = coalesce(open_tickets.tickets, 0), false)
