{# The person a record of a contact list is about: the hash of the key it shares with records of other lists, else a person of its own. Null without a record. #}
{% macro person_of_record(records) -%}
    coalesce({{ records }}.person_key_hash, 'record:' || {{ records }}.contact_record_id)
{%- endmacro %}
