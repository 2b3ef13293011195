-- One row per customer and stretch of time during which the customer was active, by the events up to `as_of`: from an activation to the next churn. Events that
-- change nothing (a second activation, a churn of somebody who is not active) are passed over.
with events as (
    select
        events.customer_id,
        events.event_id,
        events.occurred_at,
        events.event_type <> 'churned' as is_active
    from {{ ref('stg_customer_events') }} as events
    cross join {{ ref('int_run') }} as run
    where events.occurred_at <= run.as_of
),

compared as (
    select
        *,
        coalesce(lag(is_active) over (partition by customer_id order by occurred_at asc, event_id asc), false) as was_active
    from events
),

changes as (
    select
        customer_id,
        event_id,
        occurred_at as active_from,
        is_active,
        lead(occurred_at) over (partition by customer_id order by occurred_at asc, event_id asc) as active_to
    from compared
    where is_active <> was_active
),

final as (
    select
        customer_id,
        active_from,
        active_to,
        cast({{ utc_to_local('active_from', "'" ~ var('reporting_timezone') ~ "'") }} as date) as active_from_date,
        cast({{ utc_to_local('active_to', "'" ~ var('reporting_timezone') ~ "'") }} as date) as active_to_date
    from changes
    where is_active
)

select * from final
