{{ connector_model() }}
-- One row per delivery of an answer, with the kind of survey and the scale that its type stands for.
{%- set scales = {
    'nps': ['nps', 0, 10], 'enps': ['enps', 0, 10], 'csat': ['csat', 1, 5], 'csat3': ['csat', 1, 3], 'smileys': ['csat', 1, 5], 'stars_five': ['csat', 1, 5],
    'thumbs': ['csat', 0, 1], 'ces': ['ces', 1, 5], 'ces7': ['ces', 1, 7],
} %}
select
    {{ first_folder('_file') }} as folder,
    id as answer_id,
    coalesce({{ json_text('person', 'id') }}, person) as person_id,
    survey_type as asked,
    case survey_type
        {%- for name, scale in scales.items() %}
        when '{{ name }}' then '{{ scale[0] }}'
        {%- endfor %}
    end as survey_type,
    case survey_type
        {%- for name, scale in scales.items() %}
        when '{{ name }}' then {{ scale[1] }}
        {%- endfor %}
    end as scale_min,
    case survey_type
        {%- for name, scale in scales.items() %}
        when '{{ name }}' then {{ scale[2] }}
        {%- endfor %}
    end as scale_max,
    score,
    {{ instant_of_epoch('created_at') }} as answered_at,
    {{ instant_of_epoch('updated_at') }} as updated_at,
    person_properties as properties,
    _file,
    _row,
    case
        when survey_type = 'pmf' then 'product/market fit is no kind of survey here'
        when survey_type not in ('{{ scales | join("', '") }}') then 'a type of survey that is not known'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('delighted', 'survey_responses') }}
