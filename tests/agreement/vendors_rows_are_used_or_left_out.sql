{{ config(enabled=connectors_on() | length > 0) }}
-- A vendor's row that is not left out stands in a row of the raw contract: one names it, or has the key it was made into.
with given as (
    {%- for connector in connectors_on() %}
    {%- set outer = loop %}
    {%- for table_name in connectors()[connector].gives %}
    select
        {{ first_folder('_landed_file') }} as folder,
        _landed_file,
        _row,
        {{ without_namespace(connector, 'cast(' ~ (raw_contract(table_name).key[0] if execute else '_row') ~ ' as ' ~ dbt.type_string() ~ ')') }} as given_id
    from {{ ref('landed_' ~ table_name) }}
    where {{ first_folder('_landed_file') }} in ('{{ connector_entries(connector) | map(attribute='folder') | join("', '") }}')
    {{ 'union all' if not (loop.last and outer.last) }}
    {%- endfor %}
    {%- endfor %}
),

named as (
    select distinct
        _landed_file,
        _row
    from given
),

keys as (
    select distinct
        folder,
        given_id
    from given
)

select records.*
from {{ ref('connector_records') }} as records
left join named
    on
        records._landed_file = named._landed_file
        and records._row = named._row
left join keys
    on
        {{ first_folder('records._landed_file') }} = keys.folder
        and records.made_into_id = keys.given_id
where
    records.left_out_for is null
    and named._row is null
    and keys.given_id is null
