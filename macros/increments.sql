{#
    Models rebuilt in part. A run that reads only new files works out what they touch (models/intermediate/touched), and a big model deletes and inserts
    exactly these rows. Everything a run may touch is named here once: the relation that lists it, and its columns.
        {{ config(materialized='incremental', meta={'touched': 'calls', 'by': ['call_id']}) }}  says which rows the model deletes,
        where {{ is_touched('calls', 'call_id') }}                                               which rows it selects instead.
    In a full refresh the condition is true.
#}
{% macro touches() -%}
    {{ return({
        'records': {'relation': 'touched_records', 'columns': ['raw_table', 'key_fingerprint']},
        'calls': {'relation': 'touched_calls', 'columns': ['call_id']},
        'interactions': {'relation': 'touched_interactions', 'columns': ['interaction_id']},
        'contacts': {'relation': 'touched_contacts', 'columns': ['interaction_id']},
        'agents': {'relation': 'touched_agents', 'columns': ['agent_id', 'rebuilt_from'], 'onwards': true},
        'call_days': {'relation': 'touched_days', 'columns': ['touched_date'], 'only': "fact = 'calls'"},
        'contact_days': {'relation': 'touched_days', 'columns': ['touched_date'], 'only': "fact = 'contacts'"},
        'periods': {'relation': 'touched_periods', 'columns': ['grain', 'period_start']},
        'values': {'relation': 'touched_values', 'columns': ['grain', 'period_start']},
        'agent_days': {'relation': 'touched_days', 'columns': ['touched_date'], 'only': "fact = 'agent_states'"},
    }) }}
{%- endmacro %}

{% macro is_touched(name, columns) -%}
    {%- if is_incremental() or not execute -%}{{ touched_condition(name, columns) }}{%- else -%}true{%- endif -%}
{%- endmacro %}

{# The same for a test, which is no incremental model: in a full refresh every row, else the touched ones. #}
{% macro is_full_refresh_or_touched(name, columns) -%}
    (
        exists (select 1 from {{ source('landing', 'run') }} where is_full_refresh)
        or {{ touched_condition(name, columns) | indent(4) }}
    )
{%- endmacro %}

{# `columns` of the row in question, in the order of the touch's own. With `onwards` the last one may also be greater. #}
{% macro touched_condition(name, columns) -%}
    {%- set touch = touches()[name] -%}
    {%- set columns = [columns] if columns is string else columns -%}
    {%- if touch.get('onwards') -%}
        exists (
            select 1
            from {{ ref(touch.relation) }} as touched
            where
                touched.{{ touch.columns[0] }} = {{ columns[0] }}
                and touched.{{ touch.columns[1] }} <= {{ columns[1] }}
        )
    {%- else -%}
        {{ columns[0] if columns | length == 1 else '(' ~ columns | join(', ') ~ ')' }} in (
            select {{ touch.columns | map('string') | join(', ') }}
            from {{ ref(touch.relation) }}
            {%- if touch.get('only') %}
            where {{ touch.only }}
            {%- endif %}
        )
    {%- endif -%}
{%- endmacro %}

{# The strategy of all incremental models that name a touch: what was touched goes, what the query found comes. Spark's is in macros/engine/increments.sql. #}
{% macro get_incremental_replace_touched_sql(arguments) -%}
    {%- set names = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {{ delete_touched(arguments.target_relation) }};

    insert into {{ arguments.target_relation }} ({{ names }})
    select {{ names }}
    from {{ arguments.temp_relation }};
{%- endmacro %}

{% macro delete_touched(relation) -%}
    {%- set meta = config.get('meta') -%}
    delete from {{ relation }} as target
    where {{ is_read_now(meta.read_now, 'target._landed_file') if meta.read_now else touched_condition(meta.touched, qualified('target', meta.by)) }}
{%- endmacro %}

{% macro qualified(alias, columns) -%}
    {%- set names = [] -%}
    {%- for column in columns -%}{%- do names.append(alias ~ '.' ~ column) -%}{%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# A table as the run before left it, read by a model that runs before the table's own. #}
{% macro as_before(model_name) -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.callmart.' ~ model_name] -%}
        {{ return(api.Relation.create(database=this.database, schema=node.schema, identifier=node.alias)) }}
    {%- endif -%}
{%- endmacro %}

{# Before a model of what is touched adds what it finds: what a completed run has dealt with is forgotten. What a run touched that did not end stays. #}
{% macro forget_touched() -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where exists (select 1 from {{ source('landing', 'run') }} where follows_complete_run)
    {%- endif -%}
{%- endmacro %}

{# Whether a landed row comes from a file that this run reads: one that is new, was replaced, or has to be judged again. Rows of a table come from its own
   files, and from the exports of connectors that give such; with `connectors` for a name, from all exports. #}
{% macro is_read_now(table_name, file_column='landed._landed_file') -%}
    {%- set connectors = connectors_on() if table_name == 'connectors' else connectors_giving(table_name) -%}
    {{ file_column }} in (
        select file
        from {{ source('landing', 'files') }}
        where
            raw_table in ('{{ ([table_name] + exports_of(connectors)) | join("',\n                '") }}')
            and is_read_now
    )
{%- endmacro %}

{# The key of a landed row: as a fingerprint, and its first two columns as text. #}
{% macro record_key(table_name) -%}
    {%- set key = raw_contract(table_name).key if execute else ['_row'] -%}
    {{ fingerprint(key) }} as key_fingerprint,
    cast({{ key[0] }} as {{ dbt.type_string() }}) as key_1,
    cast({{ key[1] if key | length > 1 else 'null' }} as {{ dbt.type_string() }}) as key_2
{%- endmacro %}

{# What changed in `context` since the run before: a query with the columns input and context_key. #}
{% macro context_changes() -%}
select
    coalesce(present.input, used.input) as input,
    coalesce(present.context_key, used.context_key) as context_key
from {{ ref('context') }} as present
full outer join {{ as_before('context_used') }} as used
    on present.input = used.input and present.context_key = used.context_key
where present.content is distinct from used.content
{%- endmacro %}

{# A from-clause item: one row, `as_of` of this run and of the run before, the earlier and the later; no row when it did not move. #}
{% macro as_of_change() -%}
    (
        select
            least(run.as_of, cast(used.content as timestamp)) as earlier,
            greatest(run.as_of, cast(used.content as timestamp)) as later
        from {{ ref('int_run') }} as run
        inner join {{ as_before('context_used') }} as used
            on used.input = 'as_of' and run.as_of <> cast(used.content as timestamp)
    )
{%- endmacro %}

{# The touch by which a measure model is built in part; none when it is built whole. #}
{% macro touch_of_measures(model_name) -%}
    {{ return(measure_model_node(model_name).get('config', {}).get('meta', {}).get('touched')) }}
{%- endmacro %}

{# Whether a period may hold other derived KPIs than in the run before: a fingerprint of them. #}
{% macro derived_context() -%}
select
    'derived' as input,
    grain || '|' || cast(period_start as {{ dbt.type_string() }}) as context_key,
    {{ rows_fingerprint(['kpi_id', 'scope_type', 'scope_id', 'value']) }} as content
from {{ ref('kpi_derived') }}
group by grain || '|' || cast(period_start as {{ dbt.type_string() }})
{%- endmacro %}
