{#
    Additive measures by scope and day. `daily` is a relation already summed to the day and to every column that is a scope; each scope sums it once
    more, so a fact is read once whatever the number of scopes. A scope has rows only where its id is known.
#}
{% macro measures_by_scope(daily, scopes, measures) -%}
{%- set types = measure_types(measures) %}
{%- for scope_type, scope_column in scopes.items() %}
select
    measure_date,
    '{{ scope_type }}' as scope_type,
    {{ "'all'" if scope_type == 'all' else scope_column }} as scope_id,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as {{ types[measure] }}) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ daily }}
{%- if scope_type != 'all' %}
where {{ scope_column }} is not null
{%- endif %}
group by measure_date{{ ', ' ~ scope_column if scope_type != 'all' }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# The last CTE of a measure model: names and types as its contract has them. #}
{% macro measure_columns(measures) -%}
    cast(measure_date as date) as measure_date,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    {%- for measure in measures %}
    {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#
    Measures that are no sums of days, by scope and period: persons, records and leads counted anew, medians. `rows` is a relation with `measure_date` and
    every column that is a scope; `measures` maps a measure to the aggregate that computes it from the rows of a period and scope. The period of
    grain total has no start here: it begins where the measures do.
#}
{% macro measures_by_period(rows, scopes, measures) -%}
{%- set types = measure_types(measures) %}
{%- for grain in grains() %}
{%- set outer_loop = loop %}
{%- for scope_type, scope_column in scopes.items() %}
select
    '{{ grain }}' as grain,
    {{ 'cast(null as date)' if grain == 'total' else period_start_of(grain, 'measure_date') }} as period_start,
    '{{ scope_type }}' as scope_type,
    {{ "'all'" if scope_type == 'all' else scope_column }} as scope_id,
    {%- for measure, aggregate in measures.items() %}
    cast({{ aggregate }} as {{ types[measure] }}) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ rows }}
{%- if scope_type != 'all' %}
where {{ scope_column }} is not null
{%- endif %}
group by {{ ['period_start', 'scope_id'] | join(', ') }}
{{ 'union all' if not (loop.last and outer_loop.last) }}
{%- endfor %}
{%- endfor %}
{%- endmacro %}

{# The lengths of a period. #}
{% macro grains() -%}
    {{ return(['day', 'week', 'month', 'quarter', 'year', 'total']) }}
{%- endmacro %}

{# The last CTE of a model of period measures: names and types as its contract has them. #}
{% macro period_measure_columns(measures) -%}
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    {%- for measure in measures %}
    {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The measure models: each gives additive columns by day and scope. #}
{% macro measure_models() -%}
    {{ return([
        'queue_measures',
        'contact_measures',
        'handling_measures',
        'resolution_measures',
        'outbound_measures',
        'workforce_measures',
        'load_measures',
        'ticket_measures',
        'lead_measures',
        'lead_contact_measures',
        'lead_qualification_measures',
        'lead_conversion_measures',
        'follow_up_measures',
        'survey_measures',
        'survey_invitation_measures',
        'pulse_invitation_measures',
        'evaluation_measures',
        'productivity_measures',
        'conversion_measures',
        'contact_list_measures',
        'campaign_measures',
        'order_measures',
        'cost_measures',
        'return_measures',
        'opportunity_measures',
        'visit_measures',
    ]) }}
{%- endmacro %}

{# The models of measures that are counted anew in each period. #}
{% macro period_measure_models() -%}
    {{ return([
        'lead_response_measures',
        'followed_lead_measures',
        'one_on_one_measures',
        'employee_measures',
        'record_measures',
        'prospect_measures',
        'email_measures',
        'buyer_measures',
        'churn_measures',
        'customer_value_measures',
    ]) }}
{%- endmacro %}

{# A measure model as the project declares it, by its key: a search through all nodes would be repeated for every measure. #}
{% macro measure_model_node(model_name) -%}
    {{ return(graph.get('nodes', {}).get('model.callmart.' ~ model_name, {})) }}
{%- endmacro %}

{# The measures a model defines: the columns its properties file marks with `measure: true`. #}
{% macro measures_of(model_name) -%}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set names = [] -%}
    {%- for column in measure_model_node(model_name).columns.values() if column.config.meta.get('measure') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# The type of a measure, as the model that defines it declares it: whole numbers unless it says otherwise, money as decimal. #}
{% macro measure_type(measure) -%}
    {%- if not execute -%}{{ return('bigint') }}{%- endif -%}
    {%- for model_name in measure_models() + period_measure_models() -%}
        {%- set column = measure_model_node(model_name).get('columns', {}).get(measure, {}) -%}
        {%- if column and column.config.meta.get('measure') -%}{{ return(column.data_type or 'bigint') }}{%- endif -%}
    {%- endfor -%}
    {{ return('bigint') }}
{%- endmacro %}

{# The types of several measures, each looked up once. #}
{% macro measure_types(measures) -%}
    {%- set types = {} -%}
    {%- for measure in measures -%}{%- do types.update({measure: measure_type(measure)}) -%}{%- endfor -%}
    {{ return(types) }}
{%- endmacro %}

{# All measures, each once, in the order in which the models define them. #}
{% macro all_measures() -%}
    {%- set names = [] -%}
    {%- for model_name in measure_models() + period_measure_models() -%}
        {%- for name in measures_of(model_name) if name not in names -%}{%- do names.append(name) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
