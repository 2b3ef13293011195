-- Which tickets wait longest for a first answer, on the opening hours and on the customer's clock?
-- Quels tickets attendent le plus une première réponse, en heures d'ouverture et pour le client ?
--
-- One row per channel and priority.
select
    coalesce(channel, 'unknown') as channel,
    coalesce(priority, 'unknown') as priority,
    count(*) as tickets,
    count(*) filter (where is_replied) as replied_tickets,
    count(*) filter (where not is_replied and not is_closed and not is_solved) as still_waiting,
    median(first_response_seconds) / 3600.0 as median_hours,
    median(first_response_opening_seconds) / 3600.0 as median_opening_hours,
    quantile_cont(first_response_opening_seconds, 0.9) / 3600.0 as p90_opening_hours,
    100.0 * count(*) filter (where first_response_opening_seconds > 14400)
    / nullif(count(first_response_opening_seconds), 0) as later_than_4_opening_hours_rate
from {{ ref('fct_tickets') }}
group by coalesce(channel, 'unknown'), coalesce(priority, 'unknown')
order by later_than_4_opening_hours_rate desc nulls last, channel asc, priority asc

-- Conclude: where opening hours are short and the customer's clock is long, the desk is closed when customers write: open
-- earlier or say so. Where both are long, the desk is behind.
