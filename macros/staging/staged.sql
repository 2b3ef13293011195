{# The newest good version of every key of a raw table, without its bookkeeping columns. #}
{% macro staged(table_name) -%}
    {%- set relation = ref('landed_' ~ table_name) -%}
select
    {%- if execute %}
        {%- for column in raw_contract(table_name).columns if column.kept_as %}
    landed.{{ column.kept_as }}{{ ',' if not loop.last or var('pass_through_columns').get(table_name) }}
        {%- endfor %}
        {%- for name in var('pass_through_columns').get(table_name, []) %}
    landed.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- else %}
    *
    {%- endif %}
from {{ relation }} as landed
{# No `not exists`: DuckDB would first gather the distinct files and row numbers of all rows. -#}
left join {{ ref('superseded_records') }} as superseded
    on {{ is_superseded(table_name) | indent(8) }}
where
    landed._rejected_for is null
    and superseded._row is null
{%- endmacro %}

{# The condition on which a row of a landed table, `landed`, is the one of `superseded_records` called `superseded`. #}
{% macro is_superseded(table_name) -%}
superseded.raw_table = '{{ table_name }}'
and landed._landed_file = superseded._landed_file
and landed._row = superseded._row
{%- if connectors_giving(table_name) %}
{#- A vendor's row may give several rows of the table. #}
and {{ fingerprint(raw_contract(table_name).key if execute else ['_row']) }} = superseded.key_fingerprint
{%- endif %}
{%- endmacro %}

{# Good rows of a landed table that another version of the same key replaces: all but the newest `updated_at` (null is oldest), then the greatest
   file path in byte order, then the last row. What a person hands over about people and queues counts before what a connector's export carries along.
   Only keys that occur more than once are sorted. #}
{% macro superseded_of(table_name) -%}
    {%- set relation = ref('landed_' ~ table_name) -%}
    {%- set key = raw_contract(table_name).key if execute else ['_row'] -%}
    {%- set folders_behind = connector_folders(table_name) if table_name in ('agents', 'queues') else [] -%}
select
    '{{ table_name }}' as raw_table,
    versions.key_fingerprint,
    versions._landed_file,
    versions._row
from (
    select
        {{ fingerprint(key) }} as key_fingerprint,
        landed._landed_file,
        landed._row,
        row_number() over (
            partition by {% for column in key %}landed.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
            order by
                {%- if folders_behind %}
                case when {{ first_folder('landed._landed_file') }} in ('{{ folders_behind | join("', '") }}') then 1 else 0 end asc,
                {%- endif %} landed.updated_at desc nulls last, landed._landed_file desc, landed._row desc
        ) as version_rank
    from {{ relation }} as landed
    where
        landed._rejected_for is null
        and {{ fingerprint(key) }} in (
            select {{ fingerprint(key) }}
            from {{ relation }}
            where
                _rejected_for is null
                {%- if is_incremental() or not execute %}
                and {{ fingerprint(key) }} in (
                    select key_fingerprint
                    from {{ ref('touched_records') }}
                    where raw_table = '{{ table_name }}'
                )
                {%- endif %}
            group by {{ fingerprint(key) }}
            having count(*) > 1
        )
) as versions
where versions.version_rank > 1
{%- endmacro %}

{% macro raw_tables() -%}
    {{ return([
        'calls', 'agents', 'agent_states', 'queues', 'customers', 'customer_events', 'leads', 'lead_activities', 'appointments', 'opportunities',
        'contact_lists', 'contact_records', 'campaigns', 'campaign_costs', 'orders', 'tickets', 'survey_invitations', 'survey_responses',
        'email_sends', 'selfservice_sessions', 'web_visits', 'qa_evaluations', 'one_on_ones',
        'vendor_figures',
    ]) }}
{%- endmacro %}
