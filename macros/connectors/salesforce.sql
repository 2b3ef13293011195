{# What Salesforce writes that several of its models read. #}

{# A time as text -> instant in UTC. Without an offset, as the weekly export writes it, it is UTC whatever the zone of the entry. #}
{% macro salesforce_instant(text) -%}
    {{ parse_instant('case when length(' ~ text ~ ') = 19 then ' ~ text ~ " || 'Z' else " ~ text ~ ' end') }}
{%- endmacro %}

{# A date -> the instant at which it begins in the zone of the row's entry. #}
{% macro salesforce_day(text) -%}
    {{ instant_of_clock('substr(' ~ text ~ ', 1, 10)', 'salesforce') }}
{%- endmacro %}

{# The weekly export writes 1, all others true. #}
{% macro salesforce_flag(text) -%}
    coalesce(lower({{ text }}) in ('true', '1'), false)
{%- endmacro %}

{# What a status means: by the entry's options, else by the statuses that Salesforce comes with; null when neither knows it. #}
{% macro salesforce_status(status) -%}
    case
        {%- for meaning in ['new', 'contacted', 'qualified', 'rejected', 'duplicate', 'spam'] %}
        when {{ is_in_option(status, 'salesforce', meaning ~ '_statuses') }} then '{{ meaning }}'
        {%- endfor %}
        when lower({{ status }}) in ('new', 'open - not contacted') then 'new'
        when lower({{ status }}) in ('contacted', 'working', 'working - contacted', 'nurturing') then 'contacted'
        when lower({{ status }}) = 'qualified' then 'qualified'
        when lower({{ status }}) in ('unqualified', 'closed - not converted') then 'rejected'
    end
{%- endmacro %}

{# Of several deliveries of a record the newest is the first. #}
{% macro salesforce_newest_first() -%}
    row_number() over (
        partition by {{ first_folder('_file') }}, id
        order by {{ salesforce_instant('coalesce(systemmodstamp, lastmodifieddate)') }} desc nulls last, _file desc, _row desc
    )
{%- endmacro %}
