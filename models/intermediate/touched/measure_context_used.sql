-- One row per row of `measure_context`, as this run used it: written last, so that a run that breaks off finds the changes again.
-- depends_on: {{ ref('touched_periods') }}
-- depends_on: {{ ref('touched_values') }}
select *
from {{ ref('measure_context') }}
union all
{{ derived_context() }}
