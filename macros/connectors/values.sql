{# What vendors write, as the raw contract wants it: text. #}

{# A member of a JSON document, as text; null when there is none, or when the text is no JSON. The path is like `Agent.Username`. #}
{% macro json_text(document, path) -%}
    {{ return(adapter.dispatch('json_text')(document, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(document, path) -%}
    try(json_extract_string({{ document }}, '$.{{ path }}'))
{%- endmacro %}

{% macro spark__json_text(document, path) -%}
    get_json_object({{ document }}, '$.{{ path }}')
{%- endmacro %}

{# A lateral from-clause item: the items of a list in a JSON document, in the columns item (a string as it is, anything else as JSON text) and item_number
   (from 1). Without a path the document is the list. #}
{% macro json_items(document, path='') -%}
    {{ return(adapter.dispatch('json_items')(document, path)) }}
{%- endmacro %}

{% macro duckdb__json_items(document, path) -%}
    (
        select
            unnest(lists.items) as item,
            generate_subscripts(lists.items, 1) as item_number
        from (select try(json_extract_string({{ document }}, '${{ '.' ~ path if path }}[*]')) as items) as lists
    )
{%- endmacro %}

{% macro spark__json_items(document, path) -%}
    (
        select
            lists.item,
            lists.position + 1 as item_number
        from (
            select posexplode(from_json({{ spark__json_text(document, path) if path else document }}, 'array<string>')) as (position, item)
        ) as lists
    )
{%- endmacro %}

{# An instant in UTC -> text that says so. #}
{% macro instant_text(instant) -%}
    (cast({{ instant }} as {{ dbt.type_string() }}) || 'Z')
{%- endmacro %}

{# A clock reading without an offset, such as 2024-03-04 09:00:30, in the zone of the row's entry in the setting -> instant in UTC, and text that says so. #}
{% macro instant_of_clock(text, connector, file='_file') -%}
    {{ local_to_utc('try_cast(' ~ text ~ ' as timestamp)', by_entry(connector, 'timezone', file)) }}
{%- endmacro %}

{% macro clock_reading(text, connector, file='_file') -%}
    {{ instant_text(instant_of_clock(text, connector, file)) }}
{%- endmacro %}

{# Seconds (or, with per_second=1000, milliseconds) since 1970, as text -> instant in UTC, and text that says so; null from a million million seconds on:
   a number that long is none of seconds, and its microseconds would not fit. #}
{% macro instant_of_epoch(text, per_second=1) -%}
    {%- set number = 'cast(' ~ parse_decimal(text, 18, 3 if per_second == 1000 else 6) ~ ' as decimal(24, 6))' -%}
    {{ instant_of_microseconds('cast(' ~ number ~ ' * ' ~ (1000000 // per_second) ~ ' as bigint)') }}
{%- endmacro %}

{% macro epoch_reading(text, per_second=1) -%}
    {{ instant_text(instant_of_epoch(text, per_second)) }}
{%- endmacro %}

{% macro instant_of_microseconds(microseconds) -%}
    {{ return(adapter.dispatch('instant_of_microseconds')(microseconds)) }}
{%- endmacro %}

{% macro duckdb__instant_of_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro spark__instant_of_microseconds(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}

{# A date with the day first, such as 31/12/2024 or 31.12.2024, with or without a time behind it -> the same with the year first. #}
{% macro day_first(text) -%}
    (substr({{ text }}, 7, 4) || '-' || substr({{ text }}, 4, 2) || '-' || substr({{ text }}, 1, 2) || substr({{ text }}, 11))
{%- endmacro %}

{# A date as mail writes it (RFC 2822), such as Wed, 02 Sep 2020 17:41:14 +0000 -> the same with the year first; any other text stays as it is. #}
{% macro mail_date(text) -%}
    case
        when {{ text }} like '___, __ ___ ____ __:__:__ +____' or {{ text }} like '___, __ ___ ____ __:__:__ -____'
            then substr({{ text }}, 13, 4)
            || case substr({{ text }}, 9, 3)
                {%- for month in ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] %}
                when '{{ month }}' then '-{{ '%02d' % loop.index }}-'
                {%- endfor %}
            end
            || substr({{ text }}, 6, 2) || ' ' || substr({{ text }}, 18, 8) || substr({{ text }}, 27, 5)
        else {{ text }}
    end
{%- endmacro %}

{# Milliseconds, as text -> whole seconds, halves away from zero; null from a thousand million seconds on: no duration is that long. #}
{% macro seconds_of_milliseconds(text) -%}
    cast(round({{ parse_decimal(text, 15, 3) }} / 1000) as bigint)
{%- endmacro %}
