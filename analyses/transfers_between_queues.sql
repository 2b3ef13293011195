-- From which queue to which are callers transferred, and what does it cost?
-- De quelle file vers quelle file les appelants sont-ils transférés, et à quel coût ?
--
-- One row per pair of queues; a transfer is a leg that names the leg it came from.
with legs as (
    select
        call_id,
        previous_call_id,
        queue_id,
        wait_seconds,
        handle_seconds,
        is_handled_inbound
    from {{ ref('fct_calls') }}
    where is_inbound
)

select
    coalesce(first_legs.queue_id, 'none') as from_queue,
    coalesce(next_legs.queue_id, 'none') as to_queue,
    count(*) as transfers,
    100.0 * count(*) / sum(count(*)) over () as share_of_transfers,
    avg(next_legs.wait_seconds) as average_second_wait_seconds,
    sum(first_legs.handle_seconds) filter (where first_legs.is_handled_inbound) / 3600.0 as hours_before_the_transfer
from legs as next_legs
inner join legs as first_legs on next_legs.previous_call_id = first_legs.call_id
group by first_legs.queue_id, next_legs.queue_id
order by transfers desc, from_queue asc, to_queue asc

-- Conclude: the hours before the transfer were spent on callers who were in the wrong place. A pair that goes both ways
-- wants one team; a pair that goes one way wants another choice in the menu.
