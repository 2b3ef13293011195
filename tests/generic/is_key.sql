{# The columns together are a key: none is null, and no two rows agree on all of them. Only keys whose fingerprint occurs twice are grouped as they are:
   grouping every row of the largest tables by several texts costs twice as much, and memory for all of them. Of a big table an increment looks at what it
   touched alone: `touched` names the touch, `by` the columns it is on. -#}
{% test is_key(model, columns, touched=none, by=none) %}
{%- set looked_at = is_full_refresh_or_touched(touched, by or columns) if touched else 'true' %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences
from {{ model }} as tested
where
    {{ looked_at | indent(4) }}
    and (
        {{ fingerprint(columns) }} in (
            select {{ fingerprint(columns) }}
            from {{ model }} as tested
            where {{ looked_at | indent(12) }}
            group by {{ fingerprint(columns) }}
            having count(*) > 1
        )
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
    )
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
