-- One row per queue.
select
    queue_id,
    queue_name,
    language,
    tier
from callmart.marts.dim_queues
