{# Text and numbers read from text: everything the two engines spell differently. #}

{# Without the blanks around it, of whatever width. #}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed')(text)) }}
{%- endmacro %}

{% macro duckdb__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}

{# Spark alone would take off none but the common blank. #}
{% macro spark__trimmed(text) -%}
    trim(both ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000' from {{ text }})
{%- endmacro %}

{% macro parse_decimal(text, precision=28, scale=6) -%}
    {{ return(adapter.dispatch('parse_decimal')(text, precision, scale)) }}
{%- endmacro %}

{% macro duckdb__parse_decimal(text, precision, scale) -%}
    case when {{ duckdb__is_number(text) }} then try_cast({{ text }} as decimal({{ precision }}, {{ scale }})) end
{%- endmacro %}

{% macro spark__parse_decimal(text, precision, scale) -%}
    case when {{ spark__is_number(text) }} then try_cast({{ text }} as decimal({{ precision }}, {{ scale }})) end
{%- endmacro %}

{# DuckDB alone would take 0x10 and 1_000 too. #}
{% macro duckdb__is_number(text) -%}
    regexp_matches({{ text }}, '^[+-]?[0-9]*[.]?[0-9]*([eE][+-]?[0-9]+)?$')
{%- endmacro %}

{# Spark alone would take blanks around the number, and a letter behind it that names a type. #}
{% macro spark__is_number(text) -%}
    {{ text }} rlike '^[+-]?[0-9]*[.]?[0-9]*([eE][+-]?[0-9]+)?$'
{%- endmacro %}

{# Text -> whole number, halves away from zero; null when it is no number or does not fit 32 bits: no duration, count or score is that
   large, and what is no larger can be summed over any number of rows. #}
{% macro parse_whole_number(text) -%}
    {{ return(adapter.dispatch('parse_whole_number')(text)) }}
{%- endmacro %}

{# The cast rounds halves away from zero, in a hundredth of the time of a decimal and round(). #}
{% macro duckdb__parse_whole_number(text) -%}
    case when {{ duckdb__is_number(text) }} then cast(try_cast({{ text }} as integer) as bigint) end
{%- endmacro %}

{# A cast to an integer would cut the fraction off; the one to a decimal rounds it. #}
{% macro spark__parse_whole_number(text) -%}
    case when {{ spark__is_number(text) }} then cast(try_cast(try_cast({{ text }} as decimal(38, 0)) as int) as bigint) end
{%- endmacro %}

{% macro parse_boolean(text) -%}
    case
        when lower({{ text }}) in ('true', '1', 'yes', 'oui') then true
        when lower({{ text }}) in ('false', '0', 'no', 'non') then false
    end
{%- endmacro %}

{# Keyed hash of a text: hexadecimal SHA-256 of salt and text. Null stays null. #}
{% macro keyed_hash(salt, text) -%}
    {{ return(adapter.dispatch('keyed_hash')(salt, text)) }}
{%- endmacro %}

{% macro duckdb__keyed_hash(salt, text) -%}
    sha256({{ salt }} || ':' || {{ text }})
{%- endmacro %}

{% macro spark__keyed_hash(salt, text) -%}
    sha2({{ salt }} || ':' || {{ text }}, 256)
{%- endmacro %}

{# A phone number in one spelling: digits only, international prefix 00 dropped. #}
{% macro phone_digits(text) -%}
    {{ return(adapter.dispatch('phone_digits')(text)) }}
{%- endmacro %}

{% macro duckdb__phone_digits(text) -%}
    nullif(regexp_replace(regexp_replace({{ text }}, '[^0-9]', '', 'g'), '^00', ''), '')
{%- endmacro %}

{% macro spark__phone_digits(text) -%}
    nullif(regexp_replace(regexp_replace({{ text }}, '[^0-9]', ''), '^00', ''), '')
{%- endmacro %}

{# Parts that are not null, joined; null when there is none. #}
{% macro join_texts(separator, parts) -%}
    nullif(concat_ws('{{ separator }}', {{ parts | join(', ') }}), '')
{%- endmacro %}

{# A text cut into one row per part, as a from-clause item with the column `part`. #}
{% macro text_parts(text, separator) -%}
    {{ return(adapter.dispatch('text_parts')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__text_parts(text, separator) -%}
    unnest(string_split({{ text }}, '{{ separator }}')) as parts (part)
{%- endmacro %}

{# The separator is a pattern to Spark: each of its signs stands in a class of its own. #}
{% macro spark__text_parts(text, separator) -%}
    (select explode(split({{ text }}, '{% for sign in separator %}[{{ sign }}]{% endfor %}')) as part) as parts
{%- endmacro %}

{# A row as a JSON object. `fields` maps a name to an expression. #}
{% macro json_object_of(fields) -%}
    {{ return(adapter.dispatch('json_object_of')(fields)) }}
{%- endmacro %}

{% macro duckdb__json_object_of(fields) -%}
    cast(to_json(struct_pack(
        {%- for name, expression in fields.items() %}{{ name }} := {{ expression }}{{ ', ' if not loop.last }}{% endfor -%}
    )) as varchar)
{%- endmacro %}

{% macro spark__json_object_of(fields) -%}
    to_json(named_struct(
        {%- for name, expression in fields.items() %}'{{ name }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor -%}
    ), map('ignoreNullFields', 'false'))
{%- endmacro %}

{# A 64-bit hash of key columns: finds candidates for duplicates in a fraction of the memory of the keys themselves. #}
{% macro fingerprint(columns) -%}
    {{ return(adapter.dispatch('fingerprint')(columns)) }}
{%- endmacro %}

{% macro duckdb__fingerprint(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__fingerprint(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{# A fingerprint of the rows of a group, as text, whatever their order. No two rows of it may be the same. #}
{% macro rows_fingerprint(columns) -%}
    cast(bit_xor({{ fingerprint(columns) }}) as {{ dbt.type_string() }})
{%- endmacro %}

{# Key of several columns as one text. Null parts are told apart from empty ones. #}
{% macro surrogate_key(columns) -%}
    md5(
        {%- for column in columns -%}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '~'){{ " || '|' || " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
