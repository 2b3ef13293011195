-- One row per measure model and day, or period, that this run built whole, with a fingerprint of its rows there; one per KPI, whether it is available; one
-- per period of the derived KPIs. What changed since the run before tells which periods to add up anew.
-- Models built in part are not here: touched_days says which of their days changed.
{%- set parts = [] %}
{%- for model_name in measure_models() if not touch_of_measures(model_name) %}
{%- do parts.append({
    'input': model_name, 'relation': ref(model_name), 'key': "'day|' || cast(measure_date as " ~ dbt.type_string() ~ ")",
    'columns': ['scope_type', 'scope_id'] + measures_of(model_name),
}) %}
{%- endfor %}
{%- for model_name in period_measure_models() %}
{%- do parts.append({
    'input': model_name, 'relation': ref(model_name),
    'key': "grain || '|' || coalesce(cast(period_start as " ~ dbt.type_string() ~ "), '')",
    'columns': ['scope_type', 'scope_id'] + measures_of(model_name),
}) %}
{%- endfor %}
{%- if not execute %}{% for model_name in measure_models() %}{% do ref(model_name) %}{% endfor %}{% endif %}
{%- for part in parts %}
select
    '{{ part.input }}' as input,
    {{ part.key }} as context_key,
    {{ rows_fingerprint(part.columns) }} as content
from {{ part.relation }}
group by {{ part.key }}
union all
{%- endfor %}
select
    'available' as input,
    kpi_id as context_key,
    cast(is_available as {{ dbt.type_string() }}) as content
from {{ ref('data_availability') }}
