-- One row per queue and half hour in which agents were there for the queue: their time on its contacts, in wrap after them and available for it.
-- Where states of an agent overlap, a second counts once for the queue, at the end of the state that began later.
{%- set half_hour = 1800000000 %}
with states as (
    select
        queue_id,
        {{ epoch_microseconds('piece_ended_at') }} - cast(queue_occupied_or_available_seconds * 1000000 as bigint) as starts_at_microsecond,
        {{ epoch_microseconds('piece_ended_at') }} as ends_at_microsecond
    from {{ ref('fct_agent_states') }}
    where queue_occupied_or_available_seconds > 0
),

-- An end on the boundary belongs to the half hour before it.
placed as (
    select
        *,
        cast(floor(starts_at_microsecond / {{ half_hour }}) as bigint) as first_half_hour,
        cast(floor((ends_at_microsecond - 1) / {{ half_hour }}) as bigint) as last_half_hour
    from states
),

-- Nearly every state lies in one half hour; a local day has at most 51.
pieces as (
    select
        queue_id,
        first_half_hour as half_hour_number,
        ends_at_microsecond - starts_at_microsecond as microseconds
    from placed
    where first_half_hour = last_half_hour
    union all
    select
        placed.queue_id,
        placed.first_half_hour + steps.number as half_hour_number,
        least(placed.ends_at_microsecond, (placed.first_half_hour + steps.number + 1) * {{ half_hour }})
        - greatest(placed.starts_at_microsecond, (placed.first_half_hour + steps.number) * {{ half_hour }}) as microseconds
    from placed
    cross join {{ number_rows(51) }} as steps
    where
        placed.last_half_hour > placed.first_half_hour
        and placed.first_half_hour + steps.number <= placed.last_half_hour
)

select
    queue_id,
    half_hour_number,
    cast(floor(sum(microseconds) / 1000000) as bigint) as staffed_seconds
from pieces
group by queue_id, half_hour_number
