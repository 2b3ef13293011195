{#
    How many keys there are per period and scope, each counted once whatever its rows. A key counts on the first of its days in a period: that day follows
    from the one before, so that one sort per scope serves every grain and what leaves it has the size of days and scopes. Grouping by key for each of
    six grains costs twice as much, and memory for every key at once. `rows` has `measure_date`, the key's columns and every column that is a scope.
#}
{% macro first_days_of_keys(rows, key_columns, scopes) -%}
{%- for scope_type, scope_column in scopes.items() %}
select
    measure_date,
    '{{ scope_type }}' as scope_type,
    scope_id,
    {%- for grain in grains() %}
    count(*) filter (
        where {{ 'previous_date is null' if grain == 'total'
            else 'coalesce(previous_date < ' ~ period_start_of(grain, 'measure_date') ~ ', true)' }}
    ) as first_of_{{ grain }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        measure_date,
        {{ "'all'" if scope_type == 'all' else scope_column }} as scope_id,
        lag(measure_date) over (
            partition by {{ (key_columns + ([] if scope_type == 'all' else [scope_column])) | unique | join(', ') }}
            order by measure_date asc
        ) as previous_date
    from {{ rows }}
    {%- if scope_type != 'all' %}
    where {{ scope_column }} is not null
    {%- endif %}
) as {{ scope_type }}_days
group by measure_date, scope_id
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# The first days above, summed to periods: the number of distinct keys, as the measure of that name. #}
{% macro keys_by_period(first_days, measure) -%}
{%- for grain in grains() %}
select
    '{{ grain }}' as grain,
    {{ 'cast(null as date)' if grain == 'total' else period_start_of(grain, 'measure_date') }} as period_start,
    scope_type,
    scope_id,
    sum(first_of_{{ grain }}) as {{ measure }}
from {{ first_days }}
group by {{ ['period_start', 'scope_type', 'scope_id'] | join(', ') }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{#
    One row per period, scope and key, with aggregates over its rows there: for what must be judged anew in each period. Grouping by key is dear: give it
    the few rows whose keys can make a difference.
#}
{% macro keys_in_periods(rows, key_columns, scopes, aggregates) -%}
{%- for grain in grains() %}
{%- set outer_loop = loop %}
{%- for scope_type, scope_column in scopes.items() %}
select
    '{{ grain }}' as grain,
    {{ 'cast(null as date)' if grain == 'total' else period_start_of(grain, 'measure_date') }} as period_start,
    '{{ scope_type }}' as scope_type,
    {{ "'all'" if scope_type == 'all' else scope_column }} as scope_id,
    {%- for name, aggregate in aggregates.items() %}
    {{ aggregate }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ rows }}
{%- if scope_type != 'all' %}
where {{ scope_column }} is not null
{%- endif %}
group by {{ (['period_start', 'scope_id'] + key_columns) | join(', ') }}
{{ 'union all' if not (loop.last and outer_loop.last) }}
{%- endfor %}
{%- endfor %}
{%- endmacro %}
