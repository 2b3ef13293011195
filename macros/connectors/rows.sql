{# What `landed` reads: the rows of a table of the raw contract as they landed, and below them those that the connectors that are on give. A connector's
   ids get the instance of their entry before them, so that those of two sites cannot collide. #}
{% macro landed_rows(table_name) -%}
    {%- set connectors = connectors_giving(table_name) -%}
    {%- if not connectors -%}
        {{ return(source('raw', table_name)) }}
    {%- endif -%}
    {%- set text = dbt.type_string() -%}
    {%- set columns = raw_contract(table_name).columns | map(attribute='name') | list -%}
    {%- set extra = var('pass_through_columns').get(table_name, []) -%}
    (
        select
            {%- for name in columns + extra %}
            cast({{ name }} as {{ text }}) as {{ name }},
            {%- endfor %}
            _unlisted,
            _file,
            _row
        from {{ source('raw', table_name) }}
        {%- for connector in connectors %}
        {%- set given = connector_columns(connector, table_name) %}
        union all
        select
            {%- for name in columns + extra %}
            {%- if name in given %}
            {{ in_namespace(connector, name, 'cast(' ~ name ~ ' as ' ~ text ~ ')') }} as {{ name }},
            {%- elif name == 'source_system' %}
            {{ first_folder('_file') }} as source_system,
            {%- else %}
            cast(null as {{ text }}) as {{ name }},
            {%- endif %}
            {%- endfor %}
            cast(null as {{ text }}) as _unlisted,
            _file,
            _row
        from {{ ref(connector ~ '__' ~ table_name) }}
        {%- endfor %}
    )
{%- endmacro %}

{# The columns of a table that a connector fills: those its model describes. #}
{% macro connector_columns(connector, table_name) -%}
    {{ return(graph.nodes['model.callmart.' ~ connector ~ '__' ~ table_name].columns.keys() | list) }}
{%- endmacro %}

{# A value, with the instance before it where it is an id and the entry names one. The hours of a queue are those of the seed. An id that is shared is shared
   under any name: `merged_into_lead_id` holds a `lead_id`. #}
{% macro in_namespace(connector, column, value, file='_file') -%}
    {%- set entries = [] -%}
    {%- for entry in connector_entries(connector) if entry.instance and not is_shared_id(column, entry) -%}{%- do entries.append(entry) -%}{%- endfor -%}
    {%- if not column.endswith('_id') or column == 'business_hours_id' or not entries -%}
        {{ value }}
    {%- else -%}
        case {{ first_folder(file) }}
            {%- for entry in entries %}
            when '{{ entry.folder }}' then '{{ entry.instance }}:' || nullif({{ trimmed(value) }}, '')
            {%- endfor %}
            else {{ value }}
        end
    {%- endif -%}
{%- endmacro %}

{% macro is_shared_id(column, entry) -%}
    {%- set shared = [] -%}
    {%- for name in entry.shared_ids if column == name or column.endswith('_' ~ name) -%}{%- do shared.append(name) -%}{%- endfor -%}
    {{ return(shared | length > 0) }}
{%- endmacro %}

{# The same without the instance. #}
{% macro without_namespace(connector, value, file='_landed_file') -%}
    {%- set entries = connector_entries(connector) | rejectattr('instance', 'none') | list -%}
    {%- if not entries -%}
        {{ value }}
    {%- else -%}
        case
            {%- for entry in entries %}
            when {{ first_folder(file) }} = '{{ entry.folder }}' and {{ value }} like '{{ entry.instance }}:%'
                then substr({{ value }}, {{ entry.instance | length + 2 }})
            {%- endfor %}
            else {{ value }}
        end
    {%- endif -%}
{%- endmacro %}
