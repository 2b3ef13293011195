{# Every connector: the exports it reads, each by a model `<connector>__read_<export>`, and the tables of the raw contract it gives rows of, each by a model
   `<connector>__<table>`. Known when the project is parsed, before dbt knows its models. #}
{% macro connectors() -%}
    {{ return({
        'aircall': {'reads': ['calls', 'call_export'], 'gives': ['calls', 'agents', 'queues']},
        'amazon_connect': {'reads': ['contact_records', 'agent_events'], 'gives': ['calls', 'agents', 'agent_states']},
        'asterisk': {'reads': ['cdr', 'queue_log'], 'gives': ['calls', 'agent_states']},
        'cloudtalk': {'reads': ['calls'], 'gives': ['calls', 'agents', 'queues']},
        'delighted': {'reads': ['survey_responses', 'people'], 'gives': ['survey_invitations', 'survey_responses']},
        'genesys_cloud': {'reads': ['conversations'], 'gives': ['calls', 'agents', 'queues', 'survey_invitations', 'survey_responses']},
        'hubspot': {'reads': ['owners', 'calls', 'meetings', 'tasks', 'contacts', 'deals'],
                    'gives': ['calls', 'agents', 'leads', 'lead_activities', 'appointments', 'opportunities', 'orders']},
        'qualtrics': {'reads': ['responses', 'distribution_history', 'distributions'], 'gives': ['survey_invitations', 'survey_responses']},
        'ringcentral': {'reads': ['call_log', 'extensions'], 'gives': ['calls', 'agents', 'queues']},
        'salesforce': {'reads': ['leads', 'lead_history', 'tasks', 'events', 'opportunities'], 'gives': ['leads', 'lead_activities', 'calls', 'opportunities']},
        'twilio': {'reads': ['calls', 'events'], 'gives': ['calls', 'agents', 'queues', 'agent_states']},
        'zendesk': {'reads': ['calls', 'legs', 'tickets', 'ticket_metrics', 'ticket_metric_events', 'satisfaction_ratings'],
                    'gives': ['calls', 'tickets', 'survey_invitations', 'survey_responses']},
    }) }}
{%- endmacro %}

{# The entries of the variable `connectors`, of one connector or all, each with its folder below the raw folder. The linter, whose settings are no lists, asks
   for `all`. #}
{% macro connector_entries(connector=none) -%}
    {%- set entries = [] -%}
    {%- for given in (connectors() if var('connectors') == 'all' else var('connectors')) -%}
        {%- set entry = {'connector': given} if given is string else given -%}
        {%- set instance = entry.get('instance') -%}
        {%- if connector is none or entry.connector == connector -%}
            {%- do entries.append({
                'connector': entry.connector,
                'instance': instance,
                'timezone': entry.get('timezone') or var('source_timezone'),
                'shared_ids': entry.get('shared_ids') or [],
                'options': entry.get('options') or {},
                'folder': entry.connector ~ ('@' ~ instance if instance else ''),
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(entries) }}
{%- endmacro %}

{# The connectors that are on, in the order of the registry. #}
{% macro connectors_on() -%}
    {%- set names = connector_entries() | map(attribute='connector') | list -%}
    {{ return(connectors() | select('in', names) | list) }}
{%- endmacro %}

{# Of these, the ones that give rows of a table of the raw contract. #}
{% macro connectors_giving(table_name) -%}
    {%- set names = [] -%}
    {%- for name in connectors_on() if table_name in connectors()[name].gives -%}{%- do names.append(name) -%}{%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# The folders whose files give rows of a table of the raw contract by a connector. #}
{% macro connector_folders(table_name) -%}
    {%- set names = connectors_giving(table_name) -%}
    {{ return(connector_entries() | selectattr('connector', 'in', names) | map(attribute='folder') | list) }}
{%- endmacro %}

{# The exports of these connectors, as the loader calls them. #}
{% macro exports_of(names) -%}
    {%- set exports = [] -%}
    {%- for name in names -%}
        {%- for export in connectors()[name].reads -%}{%- do exports.append(name ~ '__' ~ export) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(exports) }}
{%- endmacro %}

{# The first line of every model of a connector: it is there only when the connector is on. #}
{% macro connector_model() -%}
    {{- config(enabled=model.name.split('__')[0] in connectors_on()) -}}
{%- endmacro %}

{# What a connector's row takes from the entry of the setting that its file belongs to: an SQL literal, or a case over the files' first folder. #}
{% macro by_entry(connector, key, file='_file', default='null') -%}
    {%- set values = {} -%}
    {%- for entry in connector_entries(connector) -%}{%- do values.update({entry.folder: entry[key]}) -%}{%- endfor -%}
    {%- if values.values() | unique | list | length == 1 -%}
        {%- set value = values.values() | first -%}
        {{ "'" ~ value ~ "'" if value else default }}
    {%- else -%}
        case {{ first_folder(file) }}
            {%- for folder, value in values.items() if value %} when '{{ folder }}' then '{{ value }}'{% endfor %} else {{ default }} end
    {%- endif -%}
{%- endmacro %}

{% macro first_folder(file) -%}
    {{ dbt.split_part(file, "'/'", 1) }}
{%- endmacro %}

{# Whether a value is one of those that an option of the row's entry lists. #}
{% macro is_in_option(value, connector, option, file='_file') -%}
    {%- set conditions = [] -%}
    {%- for entry in connector_entries(connector) if entry.options.get(option) -%}
        {%- do conditions.append(
            "(" ~ first_folder(file) ~ " = '" ~ entry.folder ~ "' and " ~ value ~ " in ('" ~ entry.options[option] | join("', '") ~ "'))"
        ) -%}
    {%- endfor -%}
    {{ '(' ~ conditions | join(' or ') ~ ')' if conditions else 'false' }}
{%- endmacro %}
