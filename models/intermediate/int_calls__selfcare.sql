-- One row per leg whose customer, sent to a digital channel by the agent, opened a self-service session within the window.
select distinct legs.call_id
from {{ ref('stg_calls') }} as legs
inner join {{ ref('stg_selfservice_sessions') }} as sessions
    on
        legs.customer_id = sessions.customer_id
        and legs.started_at <= sessions.started_at
        and {{ plus_seconds('legs.started_at', var('selfcare_window_hours') ~ ' * 3600') }} >= sessions.started_at
cross join {{ ref('int_run') }} as run
where
    legs.redirected_to is not null
    and sessions.started_at <= run.as_of
