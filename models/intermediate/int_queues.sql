-- One row per queue: declared in the raw queues, or only named by a call or a ticket.
with declared as (
    select * from {{ ref('stg_queues') }}
),

named as (
    select queue_id
    from {{ ref('stg_calls') }}
    where queue_id is not null
    union
    select queue_id
    from {{ ref('stg_tickets') }}
    where queue_id is not null
),

schedules as (
    select distinct business_hours_id
    from {{ ref('business_hours') }}
),

final as (
    select
        coalesce(declared.queue_id, named.queue_id) as queue_id,
        declared.queue_name,
        declared.site,
        coalesce(declared.timezone, '{{ var('reporting_timezone') }}') as timezone,
        declared.business_hours_id,
        coalesce(schedules.business_hours_id, 'default') as effective_business_hours_id,
        declared.tier,
        declared.language,
        declared.queue_id is not null as is_declared
    from declared
    full outer join named
        on declared.queue_id = named.queue_id
    left join schedules
        on declared.business_hours_id = schedules.business_hours_id
)

select * from final
