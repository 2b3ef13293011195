{# No block holds 1 to `min_group_size` - 1 answers, but where `unless` holds: a kind of survey with too few answers in all stays one block. #}
{% test no_block_is_small(model, block, answers, unless) %}
select
    survey_type,
    {{ block }} as block,
    sum({{ answers }}) as answers
from {{ model }}
where not ({{ unless }})
group by survey_type, {{ block }}
having sum({{ answers }}) < {{ var('min_group_size') }}
{% endtest %}
