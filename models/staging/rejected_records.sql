-- One row per landed row that breaks the contract, or whose optional value could not be read (then the row stays and the value is null).
with judged as (
    {%- for table_name in raw_tables() %}
    select
        '{{ table_name }}' as raw_table,
        _landed_file as file,
        _row as row_number_in_file,
        _rejected_for is not null as is_rejected,
        {{ join_texts('; ', ['_rejected_for', '_nulled_for']) }} as reasons,
        _record as record
    from {{ ref('landed_' ~ table_name) }}
    where _record is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

unparseable as (
    select
        raw_table,
        file,
        row as row_number_in_file,
        true as is_rejected,
        'unparseable line' as reasons,
        line as record
    from {{ source('landing', 'unparseable_lines') }}
),

{%- if connectors_on() %}

left_out as (
    select
        raw_table,
        _landed_file as file,
        _row as row_number_in_file,
        true as is_rejected,
        'left out: ' || left_out_for as reasons,
        cast(null as {{ dbt.type_string() }}) as record
    from {{ ref('connector_records') }}
    where left_out_for is not null
),
{%- endif %}

final as (
    select * from judged
    union all
    select * from unparseable
    {%- if connectors_on() %}
    union all
    select * from left_out
    {%- endif %}
)

select * from final
