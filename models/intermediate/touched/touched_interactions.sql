{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per interaction that a touched call belongs to, or belonged to.
-- depends_on: {{ ref('touched_calls') }}
-- depends_on: {{ ref('fct_calls') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
select interaction_id_before as interaction_id
from {{ ref('touched_calls') }}
where interaction_id_before is not null
union
select interaction_id
from {{ ref('fct_calls') }}
where call_id in (select touched.call_id from {{ ref('touched_calls') }} as touched)
{% else %}
select cast(null as {{ dbt.type_string() }}) as interaction_id
where false
{% endif %}
