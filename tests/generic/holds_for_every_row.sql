{# A condition is true for every row. Unknown counts as false. #}
{% test holds_for_every_row(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
