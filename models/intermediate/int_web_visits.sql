{{ config(materialized='view') }}
-- One row per day, source channel and campaign with visits of the web site, up to the day of `as_of`.
select visits.*
from {{ ref('stg_web_visits') }} as visits
cross join {{ ref('int_run') }} as run
where visits.visit_date <= run.as_of_date
