{{ config(materialized='incremental', meta={'touched': 'calls', 'by': ['call_id']}) }}
-- One row per leg that was transferred. A leg was transferred when another names it as its previous leg, or when an inbound leg that names none follows
-- it in the same interaction: an outbound one may be a call of the next day. Only interactions of several legs are sorted.
with legs as (
    select
        calls.call_id,
        calls.interaction_id,
        calls.direction,
        nullif(calls.previous_call_id, calls.call_id) as previous_call_id,
        calls.queue_id,
        calls.started_at
    from {{ ref('stg_calls') }} as calls
    cross join {{ ref('int_run') }} as run
    where
        calls.direction <> 'internal'
        and not calls.is_test
        and calls.started_at <= run.as_of
        {%- if is_incremental() or not execute %}
        and (
            {{ is_touched('calls', 'calls.previous_call_id') | indent(12) }}
            or calls.interaction_id in (
                select touched_legs.interaction_id
                from {{ ref('stg_calls') }} as touched_legs
                where {{ is_touched('calls', 'touched_legs.call_id') | indent(16) }}
            )
        )
        {%- endif %}
),

several as (
    select interaction_id
    from legs
    group by interaction_id
    having count(*) > 1
),

followers as (
    select
        legs.queue_id,
        coalesce(
            legs.previous_call_id,
            case
                when legs.direction = 'inbound'
                    then lag(legs.call_id) over (partition by legs.interaction_id order by legs.started_at asc, legs.call_id asc)
            end
        ) as transferring_call_id
    from legs
    inner join several
        on legs.interaction_id = several.interaction_id
    union all
    select
        legs.queue_id,
        legs.previous_call_id as transferring_call_id
    from legs
    left join several
        on legs.interaction_id = several.interaction_id
    where
        legs.previous_call_id is not null
        and several.interaction_id is null
),

final as (
    select
        legs.call_id,
        coalesce(max(case when to_queue.tier > from_queue.tier then 1 else 0 end), 0) = 1 as is_tier_raised
    from followers
    inner join legs
        on followers.transferring_call_id = legs.call_id
    left join {{ ref('int_queues') }} as from_queue
        on legs.queue_id = from_queue.queue_id
    left join {{ ref('int_queues') }} as to_queue
        on followers.queue_id = to_queue.queue_id
    where {{ is_touched('calls', 'legs.call_id') | indent(4) }}
    group by legs.call_id
)

select * from final
