{{ config(materialized='view') }}
-- One row per self-service session started by as_of, with its local day.
select
    sessions.*,
    cast({{ utc_to_local('sessions.started_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as session_date
from {{ ref('stg_selfservice_sessions') }} as sessions
cross join {{ ref('int_run') }} as run
where sessions.started_at <= run.as_of
