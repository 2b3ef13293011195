{# The person a record of a contact list is about: the hash of the key it shares with records of other lists, else a person of its own. Null without a record. #}
{% macro person_of_record(records) -%}
    coalesce({{ records }}.person_key_hash, 'record:' || {{ records }}.contact_record_id)
{%- endmacro %}

{# A set of hours of the day as bits of a number, to be united by `bit_or` and counted by `bit_count`. #}
{% macro hour_bit(local_instant) -%}
    cast(power(2, extract(hour from {{ local_instant }})) as bigint)
{%- endmacro %}

{# Worked enough without a final disposition: so many calls in as many different hours of the clock. So many hours take as many calls. #}
{% macro is_worked_enough(hours) -%}
    bit_count({{ hours }}) >= {{ var('attempts_to_process') }}
{%- endmacro %}

{# Why a record of a contact list cannot be used: the validities of the raw contract but `valid`. #}
{% macro contact_record_faults() -%}
    {{ return(['invalid_number', 'invalid_address', 'duplicate', 'out_of_target', 'opposition_list', 'closed']) }}
{%- endmacro %}
