{{ config(materialized='view') }}
-- One row per local day up to that of as_of, queue or whole centre, and figure that another system reports.
select
    figures.figure_date,
    figures.queue_id,
    case when figures.queue_id is null then 'all' else 'queue' end as scope_type,
    coalesce(figures.queue_id, 'all') as scope_id,
    figures.figure,
    figures.calls,
    figures.source_system
from {{ ref('stg_vendor_figures') }} as figures
cross join {{ ref('int_run') }} as run
where figures.figure_date <= run.as_of_date
