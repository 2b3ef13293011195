{# The columns together are a key: none is null, and no two rows agree on all of them. Of a big table an increment looks at what it touched alone: `touched`
   names the touch, `by` the columns it is on. #}
{% test is_key(model, columns, touched=none, by=none) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences
from {{ model }} as tested
{%- if touched %}
where {{ is_full_refresh_or_touched(touched, by or columns) }}
{%- endif %}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
