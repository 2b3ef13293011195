{# Instants and calendars: everything the two engines spell differently. Instants are stored as timestamps without a zone, in UTC. #}

{# Text -> instant in UTC, or null. ISO 8601 only. Without an offset the text is in `source_timezone`;
   in the hour that occurs twice it is read as the second (winter time), on every engine. #}
{% macro parse_instant(text) -%}
    {{ return(adapter.dispatch('parse_instant')(text)) }}
{%- endmacro %}

{% macro duckdb__parse_instant(text) -%}
    {%- set iso = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?" -%}
    {%- set offset = "[ ]?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)" -%}
    case
        {%- if var('source_timezone') == 'UTC' %}
        when regexp_matches({{ text }}, '{{ iso }}({{ offset }})?)?$')
            then make_timestamp(epoch_us(try_cast({{ text }} as timestamptz)))
        {%- else %}
        when regexp_matches({{ text }}, '{{ iso }}{{ offset }})$')
            then make_timestamp(epoch_us(try_cast({{ text }} as timestamptz)))
        when regexp_matches({{ text }}, '{{ iso }})?$')
            then {{ local_to_utc('try_cast(' ~ text ~ ' as timestamp)', "'" ~ var('source_timezone') ~ "'") }}
        {%- endif %}
    end
{%- endmacro %}

{# In a session whose zone is UTC. #}
{% macro spark__parse_instant(text) -%}
    {%- set iso = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?" -%}
    {%- set offset = "([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)" -%}
    case
        {%- if var('source_timezone') == 'UTC' %}
        when {{ text }} rlike '{{ iso }}({{ offset }})?)?$' then {{ spark__read_timestamp(text) }}
        {%- else %}
        when {{ text }} rlike '{{ iso }}{{ offset }})$' then {{ spark__read_timestamp(text) }}
        when {{ text }} rlike '{{ iso }})?$'
            then {{ local_to_utc(spark__read_timestamp(text), "'" ~ var('source_timezone') ~ "'") }}
        {%- endif %}
    end
{%- endmacro %}

{# Spark alone would not take 24:00 for the midnight at the end of a day. #}
{% macro spark__read_timestamp(text) -%}
    coalesce(
        try_cast({{ text }} as timestamp),
        try_cast(regexp_replace({{ text }}, '(?<=[T ])24(?=:00(:00([.]0+)?)?([Zz+-]|$))', '00') as timestamp) + interval 1 day
    )
{%- endmacro %}

{# Text -> date as written, or null. A time of day behind the date is dropped. #}
{% macro parse_date(text) -%}
    {{ return(adapter.dispatch('parse_date')(text)) }}
{%- endmacro %}

{% macro duckdb__parse_date(text) -%}
    case when regexp_matches({{ text }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') then cast(try_cast({{ text }} as timestamp) as date) end
{%- endmacro %}

{# An offset is cut off first, as it would move the date. DuckDB takes one only behind seconds. #}
{% macro spark__parse_date(text) -%}
    {%- set offset = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)" -%}
    case
        when {{ text }} rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?{{ offset }}?)?)?$'
            then cast({{ spark__read_timestamp("regexp_replace(" ~ text ~ ", '(?<=[T ].{8,40})" ~ offset ~ "$', '')") }} as date)
    end
{%- endmacro %}

{# Wall clock of a zone -> UTC. The hour that occurs twice is read as the second. #}
{% macro local_to_utc(wall_clock, timezone) -%}
    {{ return(adapter.dispatch('local_to_utc')(wall_clock, timezone)) }}
{%- endmacro %}

{% macro duckdb__local_to_utc(wall_clock, timezone) -%}
    make_timestamp(epoch_us({{ wall_clock }} at time zone {{ timezone }}))
{%- endmacro %}

{# Spark reads the hour that occurs twice as the first. The reading by the offset of a day later is the second, where it is one at all. #}
{% macro spark__local_to_utc(wall_clock, timezone) -%}
    {%- set second = 'to_utc_timestamp(' ~ wall_clock ~ ' + interval 1 day, ' ~ timezone ~ ') - interval 1 day' -%}
    case
        when from_utc_timestamp({{ second }}, {{ timezone }}) = {{ wall_clock }} then {{ second }}
        else to_utc_timestamp({{ wall_clock }}, {{ timezone }})
    end
{%- endmacro %}

{# UTC -> wall clock of a zone. Slow when the zone is a column: facts join int_timezone_days instead. #}
{% macro utc_to_local(instant, timezone) -%}
    {{ return(adapter.dispatch('utc_to_local')(instant, timezone)) }}
{%- endmacro %}

{% macro duckdb__utc_to_local(instant, timezone) -%}
    (({{ instant }} at time zone 'UTC') at time zone {{ timezone }})
{%- endmacro %}

{% macro spark__utc_to_local(instant, timezone) -%}
    from_utc_timestamp({{ instant }}, {{ timezone }})
{%- endmacro %}

{# Whole seconds from one instant to another, rounded down. #}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between')(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    cast(floor((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000) as bigint)
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    cast(floor((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 1000000) as bigint)
{%- endmacro %}

{% macro plus_seconds(instant, seconds) -%}
    {{ return(adapter.dispatch('plus_seconds')(instant, seconds)) }}
{%- endmacro %}

{% macro duckdb__plus_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds({{ seconds }}))
{%- endmacro %}

{% macro spark__plus_seconds(instant, seconds) -%}
    {#- In decimals: a whole number times a million may not fit its type, and a part of a second shall not be lost. #}
    timestamp_micros(unix_micros({{ instant }}) + cast(cast({{ seconds }} as decimal(24, 6)) * 1000000 as bigint))
{%- endmacro %}

{# Microseconds since 1970, for windows over a range of time. #}
{% macro epoch_microseconds(instant) -%}
    {{ return(adapter.dispatch('epoch_microseconds')(instant)) }}
{%- endmacro %}

{% macro duckdb__epoch_microseconds(instant) -%}
    epoch_us({{ instant }})
{%- endmacro %}

{% macro spark__epoch_microseconds(instant) -%}
    unix_micros({{ instant }})
{%- endmacro %}

{# Start of the slot of so many minutes an instant lies in, counted from midnight in UTC: an hour that occurs twice stays two hours. In every time zone a day
   begins with a slot of 15 minutes; of 30 it does in most. #}
{% macro slot_of(instant, minutes) -%}
    {{ return(adapter.dispatch('slot_of')(instant, minutes)) }}
{%- endmacro %}

{% macro duckdb__slot_of(instant, minutes) -%}
    time_bucket(interval '{{ minutes }} minutes', {{ instant }})
{%- endmacro %}

{% macro spark__slot_of(instant, minutes) -%}
    {%- set microseconds = minutes * 60 * 1000000 -%}
    timestamp_micros(cast(floor(unix_micros({{ instant }}) / {{ microseconds }}) as bigint) * {{ microseconds }})
{%- endmacro %}

{# A from-clause item: one row per day from a first to a last date, both included, in the column `spine_date`. #}
{% macro date_rows(first_date, last_date) -%}
    {{ return(adapter.dispatch('date_rows')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__date_rows(first_date, last_date) -%}
    (select cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date) as spine_date)
{%- endmacro %}

{# A sequence in Spark would count backwards. #}
{% macro spark__date_rows(first_date, last_date) -%}
    (select explode(case when {{ first_date }} <= {{ last_date }} then sequence({{ first_date }}, {{ last_date }}, interval 1 day) end) as spine_date)
{%- endmacro %}

{# Days added to a date. #}
{% macro plus_days(date, days) -%}
    cast({{ date }} + {{ days }} as date)
{%- endmacro %}

{# The names of all time zones the engine knows, as a subquery. #}
{% macro timezone_names() -%}
    {{ return(adapter.dispatch('timezone_names')()) }}
{%- endmacro %}

{% macro duckdb__timezone_names() -%}
    (select zones.name from pg_timezone_names() as zones)
{%- endmacro %}

{# The Java that runs Spark knows them, and three-letter names of old beside. A list: Spark takes no subquery there. #}
{% macro spark__timezone_names() -%}
    {%- set names = [
        'ACT', 'AET', 'AGT', 'ART', 'AST', 'BET', 'BST', 'CAT', 'CNT', 'CST', 'CTT', 'EAT', 'ECT', 'EST', 'HST', 'IET', 'IST', 'JST', 'MIT', 'MST',
        'NET', 'NST', 'PLT', 'PNT', 'PRT', 'PST', 'SST', 'VST',
    ] -%}
    {%- if execute -%}
        {%- set found = run_query("select reflect('java.time.ZoneId', 'getAvailableZoneIds')") -%}
        {%- do names.extend(found.rows[0][0].strip('[]').split(', ')) -%}
    {%- endif -%}
    ('{{ names | sort | join("', '") }}')
{%- endmacro %}

{# A from-clause item: the numbers from 0 to count - 1, in the column `number`. #}
{% macro number_rows(count) -%}
    {{ return(adapter.dispatch('number_rows')(count)) }}
{%- endmacro %}

{% macro duckdb__number_rows(count) -%}
    (select unnest(range({{ count }})) as number)
{%- endmacro %}

{% macro spark__number_rows(count) -%}
    (select id as number from range({{ count }}))
{%- endmacro %}

{# A lateral from-clause item: the whole numbers from a first to a last one, both columns and included, in the column `number`. #}
{% macro numbers_between(first, last) -%}
    {{ return(adapter.dispatch('numbers_between')(first, last)) }}
{%- endmacro %}

{% macro duckdb__numbers_between(first, last) -%}
    (select unnest(generate_series(cast({{ first }} as bigint), cast({{ last }} as bigint))) as number)
{%- endmacro %}

{# A sequence in Spark would count backwards. #}
{% macro spark__numbers_between(first, last) -%}
    (select explode(case when {{ first }} <= {{ last }} then sequence(cast({{ first }} as bigint), cast({{ last }} as bigint)) end) as number)
{%- endmacro %}

{# Day of the week of a date: Monday 1 to Sunday 7. #}
{% macro iso_weekday(date) -%}
    {{ return(adapter.dispatch('iso_weekday')(date)) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(date) -%}
    extract(isodow from {{ date }})
{%- endmacro %}

{% macro spark__iso_weekday(date) -%}
    extract(dayofweek_iso from {{ date }})
{%- endmacro %}

{# First day of the period of a grain (day, week, month, quarter, year) that a date lies in. #}
{% macro period_start_of(grain, date) -%}
    cast(date_trunc('{{ grain }}', cast({{ date }} as timestamp)) as date)
{%- endmacro %}

{# First day of the period before the one that starts on a day. #}
{% macro period_before(grain, period_start) -%}
    {{ period_start_of(grain, plus_days(period_start, -1)) }}
{%- endmacro %}

{# First day of the same period a year before: days and weeks 52 weeks earlier, so that Mondays meet Mondays. #}
{% macro year_before(grain, period_start) -%}
    {%- if grain in ('day', 'week') -%}{{ plus_days(period_start, -364) }}{%- else -%}{{ period_start_of(grain, plus_days(period_start, -365)) }}{%- endif -%}
{%- endmacro %}

{# First day of the period after the one that starts on a day; the grain is a column. #}
{% macro period_after(grain, period_start) -%}
    case {{ grain }}
        when 'day' then {{ plus_days(period_start, 1) }}
        when 'week' then {{ plus_days(period_start, 7) }}
        {%- for name, days in {'month': 31, 'quarter': 92, 'year': 366}.items() %}
        when '{{ name }}' then {{ period_start_of(name, plus_days(period_start, days)) }}
        {%- endfor %}
    end
{%- endmacro %}

{# A clock reading such as 08:30 or 24:00, as seconds since midnight. #}
{% macro seconds_of_clock(text) -%}
    (cast({{ dbt.split_part(text, "':'", 1) }} as integer) * 3600 + cast({{ dbt.split_part(text, "':'", 2) }} as integer) * 60)
{%- endmacro %}
