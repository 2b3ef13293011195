{# How the steps of a Genesys Cloud conversation find each other: by the delivery they stem from, and by the party. #}

{% macro genesys_cloud_same_conversation(one, other) -%}
    {{ one }}._file = {{ other }}._file and {{ one }}._row = {{ other }}._row
{%- endmacro %}

{% macro genesys_cloud_same_party(one, other) -%}
    {{ genesys_cloud_same_conversation(one, other) }}
    and {{ one }}.participant_number = {{ other }}.participant_number and {{ one }}.party_number = {{ other }}.party_number
{%- endmacro %}
