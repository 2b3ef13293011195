-- One row per leg whose customer, sent to a digital channel by the agent, opened a self-service session within the window.
select distinct legs.call_id
from {{ ref('stg_calls') }} as legs
inner join {{ ref('stg_selfservice_sessions') }} as sessions
    on
        legs.customer_id = sessions.customer_id
        and sessions.started_at >= legs.started_at
        and sessions.started_at <= {{ plus_seconds('legs.started_at', var('selfcare_window_hours') ~ ' * 3600') }}
where
    legs.redirected_to is not null
    and sessions.started_at <= (select as_of from {{ ref('int_run') }})
