{#
    The rows of a seed, written out. The adapter's own way hands them over as parameters, of which a null arrives as the text None, a number through a
    float, and an apostrophe not at all.
#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set statement -%}
insert into {{ this }} values
            {%- for row in rows %}
({% for name in agate_table.column_names -%}
                cast({{ spark__literal(row[name]) }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }}){{ ', ' if not loop.last }}
            {%- endfor %}){{ ',' if not loop.last }}
            {%- endfor -%}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements | first) }}
{%- endmacro %}

{% macro spark__literal(value) -%}
    {%- if value is none -%}null
    {%- else -%}'{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}
