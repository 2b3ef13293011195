{{ config(materialized='view') }}
-- One row per leg that this run has to place: in a full refresh every leg, else the touched ones.
select legs.*
from {{ ref('stg_calls') }} as legs
cross join {{ source('landing', 'run') }} as run
where
    run.is_full_refresh
    or legs.call_id in (select touched.call_id from {{ ref('touched_calls') }} as touched)
