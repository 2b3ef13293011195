-- One row per source and KPI: whether the source alone can give it, and what it lacks.
{%- set text = dbt.type_string() %}
with sources as (
    select
        'files' as source_id,
        cast(null as {{ text }}) as connector
    {%- for entry in connector_entries() %}
    union all
    select
        '{{ entry.folder }}' as source_id,
        '{{ entry.connector }}' as connector
    {%- endfor %}
),

{# The columns of the connectors' models, and what these say of the others, are in their YAML files. One list of rows: of hundreds of selects Spark makes a plan
   as deep. -#}
described as (
    select
        cast(listed.connector as {{ text }}) as connector,
        cast(listed.raw_table as {{ text }}) as raw_table,
        cast(listed.raw_column as {{ text }}) as raw_column,
        cast(listed.unknown_because as {{ text }}) as unknown_because
    from (
        values
        (null, null, null, null)
        {%- if execute %}
        {%- for connector in connectors_on() %}
        {%- for table_name in connectors()[connector].gives %}
        {%- for name in connector_columns(connector, table_name) %},
        ('{{ connector }}', '{{ table_name }}', '{{ name }}', null)
        {%- endfor %}
        {%- for name, reason in graph.nodes['model.callmart.' ~ connector ~ '__' ~ table_name].config.meta.get('unknown', {}).items() %},
        ('{{ connector }}', '{{ table_name }}', '{{ name }}', '{{ dbt.escape_single_quotes(reason) }}')
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        {%- endif %}
    ) as listed (connector, raw_table, raw_column, unknown_because)
    where listed.connector is not null
),

given_tables as (
    select distinct
        sources.source_id,
        described.raw_table
    from sources
    inner join described
        on sources.connector = described.connector
    union all
    select
        'files' as source_id,
        raw_table
    from {{ ref('landing_summary') }}
    where loaded_files > 0
),

needs as (
    select
        sources.source_id,
        sources.connector,
        catalogue.kpi_id,
        parts.part as raw_table
    from {{ ref('kpi_catalogue') }} as catalogue
    cross join lateral {{ text_parts('catalogue.raw_tables', ' ') }}
    cross join sources
),

missing_tables as (
    select
        needs.source_id,
        needs.kpi_id,
        needs.raw_table as missing,
        'No rows of ' || needs.raw_table || '.' as reason,
        true as is_needed
    from needs
    left join given_tables
        on
            needs.source_id = given_tables.source_id
            and needs.raw_table = given_tables.raw_table
    where given_tables.raw_table is null
),

alternatives as (
    select
        inputs.kpi_id,
        inputs.raw_table,
        inputs.one_of,
        inputs.is_needed,
        parts.part as raw_column
    from {{ ref('kpi_inputs') }} as inputs
    cross join lateral {{ text_parts('inputs.one_of', '|') }}
),

-- What a file of the raw contract fills is its owner's to know.
missing_columns as (
    select
        needs.source_id,
        needs.kpi_id,
        needs.raw_table || '.' || alternatives.one_of as missing,
        min(needs.raw_table || '.' || alternatives.raw_column || ' is not known: ' || described.unknown_because) as reason,
        alternatives.is_needed
    from needs
    inner join given_tables
        on
            needs.source_id = given_tables.source_id
            and needs.raw_table = given_tables.raw_table
    inner join alternatives
        on
            needs.kpi_id = alternatives.kpi_id
            and needs.raw_table = alternatives.raw_table
    inner join described
        on
            needs.connector = described.connector
            and needs.raw_table = described.raw_table
            and alternatives.raw_column = described.raw_column
    group by needs.source_id, needs.kpi_id, needs.raw_table, alternatives.one_of, alternatives.is_needed
    having count(*) = count(described.unknown_because)
),

missing as (
    select * from missing_tables
    union all
    select * from missing_columns
),

wanted as (
    select distinct
        source_id,
        kpi_id
    from needs
),

final as (
    select
        wanted.source_id,
        wanted.kpi_id,
        {{ sorted_list('case when missing.is_needed then missing.missing end') }} as missing,
        {{ sorted_list('case when missing.is_needed then missing.reason end') }} as reason,
        {{ sorted_list('case when not missing.is_needed then missing.reason end') }} as caveat
    from wanted
    left join missing
        on
            wanted.source_id = missing.source_id
            and wanted.kpi_id = missing.kpi_id
    group by wanted.source_id, wanted.kpi_id
)

select
    cast(source_id as {{ text }}) as source_id,
    cast(kpi_id as {{ text }}) as kpi_id,
    cast(missing is null as boolean) as is_computable,
    cast(missing as {{ text }}) as missing,
    cast(reason as {{ text }}) as reason,
    cast(caveat as {{ text }}) as caveat
from final
