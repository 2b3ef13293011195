{# Every way a call is in or out of a figure beside `plain`, in the order in which they are tried, and whether such a call is in our figures. #}
{% macro call_fates() -%}
    {{ return({
        'superseded': false, 'rejected': false, 'internal': false, 'test': false, 'after_as_of': false, 'out_of_hours': false, 'before_queue': false,
        'short_abandon': true, 'transferred_in': true,
    }) }}
{%- endmacro %}
