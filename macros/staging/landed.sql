{#
    One row per landed row of a raw table, typed and judged by the raw contract.

    The contract is written once, in models/staging/_raw__sources.yml; this macro turns a table of it into SQL. Beside the typed columns:
        _rejected_for   every reason why the row breaks the contract, joined by '; '; null for a good row
        _nulled_for     the optional columns whose value failed its cast and became null, as reasons
        _record         the row as JSON, where one of the two above is not null
        _landed_file    the file the row stands in, below the raw folder
        _row            the number of the row in it
    `related` adds joins to the raw rows (alias `landed`); `more_checks` adds (reason, condition) pairs on typed columns and on what was joined.
#}
{% macro landed(table_name, related='', related_columns=[], more_checks=[]) -%}
    {{- config(meta={'read_now': table_name}) -}}
    {%- if not execute -%}
        {#- What only an increment reads, and what is known only later: dbt must know of it all the same. -#}
        {%- do (source('landing', 'files'), ref('replaced_records')) -%}
        {%- for connector in connectors_giving(table_name) -%}{%- do ref(connector ~ '__' ~ table_name) -%}{%- endfor -%}
    {%- endif -%}
    {%- if execute -%}
        {%- set contract = raw_contract(table_name) -%}
        {%- set extra = var('pass_through_columns').get(table_name, []) -%}
        {%- set typed_columns = [] -%}
        {%- set reasons = [] -%}
        {%- set nulled = [] -%}
        {%- set fields = {} -%}
        {%- for column in contract.columns -%}
            {%- do typed_columns.append(contract_column(column)) -%}
            {%- do fields.update({column.name: 'typed._text_' ~ column.name}) -%}
        {%- endfor -%}

        {%- set required_key = contract.key | select('in', contract.required) | list -%}
        {%- set missing_key = [] -%}
        {%- for name in required_key -%}{%- do missing_key.append('typed._text_' ~ name ~ ' is null') -%}{%- endfor -%}
        {%- do reasons.append(('no key', missing_key | join(' or '))) -%}
        {%- for column in contract.columns -%}
            {%- set text = 'typed._text_' ~ column.name -%}
            {%- set typed = 'typed.' ~ column.name -%}
            {%- if column.name in contract.required and column.name not in required_key -%}
                {%- do reasons.append(('required column empty: ' ~ column.name, text ~ ' is null')) -%}
            {%- endif -%}
            {%- if column.can_fail -%}
                {#- A default stands for a value that was left out, and does not hide one that cannot be read. -#}
                {%- set value = typed if column.default is none else read_value(column, text) -%}
                {%- set failed = text ~ ' is not null and ' ~ value ~ ' is null' -%}
                {%- if column.name in contract.required -%}
                    {%- do reasons.append(('required column not castable: ' ~ column.name, failed)) -%}
                {%- else -%}
                    {%- do nulled.append(('optional column not castable: ' ~ column.name, failed)) -%}
                {%- endif -%}
            {%- endif -%}
            {%- if column.allowed -%}
                {%- do reasons.append(('value not allowed: ' ~ column.name, typed ~ " not in ('" ~ column.allowed | join("', '") ~ "')")) -%}
            {%- endif -%}
            {%- if column.non_negative -%}
                {%- do reasons.append(('negative duration: ' ~ column.name, typed ~ ' < 0')) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for earlier, later in contract.in_order -%}
            {%- do reasons.append(('wrong order: ' ~ earlier ~ ' after ' ~ later, 'typed.' ~ earlier ~ ' > typed.' ~ later)) -%}
        {%- endfor -%}
        {%- for column in contract.columns if column.is_event -%}
            {%- do reasons.append(('future instant: ' ~ column.name, 'typed.' ~ column.name ~ ' > typed._run_started_at')) -%}
        {%- endfor -%}
        {%- do reasons.extend(more_checks) -%}

with landed as (
    select
        {%- for column in contract.columns %}
        nullif({{ trimmed('cast(landed.' ~ column.name ~ ' as ' ~ dbt.type_string() ~ ')') }}, '') as _text_{{ column.name }},
        {%- endfor %}
        {%- for name in extra %}
        cast(landed.{{ name }} as {{ dbt.type_string() }}) as {{ name }},
        {%- endfor %}
        landed._unlisted,
        landed._file,
        landed._row,
        run.run_started_at as _run_started_at,
        run.salt as _salt
    from {{ landed_rows(table_name) | string | indent(4) }} as landed
    cross join {{ source('landing', 'run') }} as run
    {%- if is_incremental() %}
    where {{ is_read_now(table_name, 'landed._file') | indent(4) }}
    {%- endif %}
),

typed as (
    select
        landed.*,
        {%- for name in related_columns %}
        {{ name }},
        {%- endfor %}
        {{ typed_columns | join(',\n        ') }}
    from landed
    {{ related }}
),

judged as (
    select
        typed.*,
        {{ reasons_of(reasons) }} as _rejected_for,
        {{ reasons_of(nulled) }} as _nulled_for
    from typed
),

final as (
    select
        {%- for column in contract.columns if column.kept_as %}
        judged.{{ column.kept_as }},
        {%- endfor %}
        {%- for name in extra %}
        judged.{{ name }},
        {%- endfor %}
        {%- do fields.update({'_unlisted': 'judged._unlisted'}) %}
        judged._rejected_for,
        judged._nulled_for,
        case
            when judged._rejected_for is not null or judged._nulled_for is not null
                then {{ json_object_of(fields) | replace('typed.', 'judged.') }}
        end as _record,
        judged._file as _landed_file,
        cast(judged._row as bigint) as _row
    from judged
)

select * from final
    {%- else -%}
select * from {{ source('raw', table_name) }} cross join {{ source('landing', 'run') }}
    {%- endif -%}
{%- endmacro %}


{# The reasons that hold for a row, joined; null when none does. One test decides for the many good rows. #}
{% macro reasons_of(reasons) -%}
    {%- if reasons -%}
    case
        when {% for reason, condition in reasons %}({{ condition }}){{ '\n            or ' if not loop.last }}{% endfor %}
            then {{ join_texts('; ', reason_texts(reasons)) }}
    end
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}

{% macro reason_texts(reasons) -%}
    {%- set texts = [] -%}
    {%- for reason, condition in reasons -%}
        {%- do texts.append("case when " ~ condition ~ " then '" ~ reason ~ "' end") -%}
    {%- endfor -%}
    {{ return(texts) }}
{%- endmacro %}


{# A table of the raw contract: its key, required columns, pairs of instants in order, the column that dates a row, and columns. #}
{% macro raw_contract(table_name) -%}
    {%- set node = graph.sources.values() | selectattr('source_name', 'equalto', 'raw') | selectattr('name', 'equalto', table_name) | first -%}
    {%- set columns = [] -%}
    {%- set required = [] -%}
    {%- for column in node.columns.values() -%}
        {%- set meta = column.config.meta -%}
        {%- if meta.get('required') -%}{%- do required.append(column.name) -%}{%- endif -%}
        {%- do columns.append({
            'name': column.name,
            'type': meta.type,
            'allowed': meta.get('allowed', []),
            'lowercase': meta.get('lowercase', False) or meta.get('allowed', []) | length > 0,
            'default': meta.get('default'),
            'is_event': meta.get('is_event', False),
            'non_negative': meta.get('non_negative', False),
            'personal': meta.get('personal'),
            'can_fail': meta.type != 'text',
            'kept_as': {'drop': none, 'presence': 'has_' ~ column.name, 'phone': column.name ~ '_hash', 'key': column.name ~ '_hash'}.get(meta.get('personal'), column.name),
        }) -%}
    {%- endfor -%}
    {{ return({
        'key': node.config.meta.key,
        'required': required,
        'in_order': node.config.meta.get('in_order', []),
        'dated_by': columns | selectattr('name', 'equalto', node.config.meta.get('dated_by')) | first | default(none),
        'columns': columns,
    }) }}
{%- endmacro %}


{# A column of the contract, cast from its text. #}
{% macro contract_column(column) -%}
    {%- set text = 'landed._text_' ~ column.name -%}
    {%- if column.personal == 'drop' -%}
        cast(null as {{ dbt.type_string() }}) as {{ column.name }}
    {%- elif column.personal == 'presence' -%}
        {{ text }} is not null as has_{{ column.name }}
    {%- elif column.personal == 'phone' -%}
        {{ keyed_hash('landed._salt', phone_digits(text)) }} as {{ column.name }}_hash
    {%- elif column.personal == 'key' -%}
        {{ keyed_hash('landed._salt', 'lower(' ~ text ~ ')') }} as {{ column.name }}_hash
    {%- else -%}
        {%- set typed = read_value(column, text) -%}
        {%- set default = column.default -%}
        {%- if column.name == 'source_system' -%}{%- set default = var('source_system') -%}{%- endif -%}
        {%- if default is none -%}
            {{ typed }} as {{ column.name }}
        {%- elif default is sameas true or default is sameas false -%}
            coalesce({{ typed }}, {{ default }}) as {{ column.name }}
        {%- else -%}
            coalesce({{ typed }}, '{{ default }}') as {{ column.name }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# The value that a text holds for a column of the contract; null when it cannot be read. #}
{% macro read_value(column, text) -%}
    {%- if column.type == 'instant' -%}{{ parse_instant(text) }}
    {%- elif column.type == 'date' -%}{{ parse_date(text) }}
    {%- elif column.type in ('seconds', 'integer') -%}{{ parse_whole_number(text) }}
    {%- elif column.type == 'decimal' -%}{{ parse_decimal(text, 18, 4) }}
    {%- elif column.type == 'boolean' -%}{{ parse_boolean(text) }}
    {%- elif column.type == 'timezone' -%}case when {{ text }} in {{ timezone_names() }} then {{ text }} end
    {%- elif column.lowercase -%}lower({{ text }})
    {%- else -%}{{ text }}
    {%- endif -%}
{%- endmacro %}
