{# Kinds of questions and their usual scales, worst and best; of a survey that asks several the first stands for it. #}
{% macro qualtrics_scales() -%}
    {{ return({'nps': [0, 10], 'csat': [1, 5], 'ces': [1, 7], 'enps': [0, 10], 'pulse': [1, 5]}) }}
{%- endmacro %}

{# The questions that the entries name, as `[survey] question [worst best]`; of a kind that an entry names none of, the one called like it. #}
{% macro qualtrics_questions() -%}
    {%- set questions = [] -%}
    {%- for survey_type, scale in qualtrics_scales().items() -%}
        {%- set place = loop.index -%}
        {%- for entry in connector_entries('qualtrics') -%}
            {%- for given in entry.options.get(survey_type ~ '_questions') or [survey_type] -%}
                {%- set words = given.split() -%}
                {%- set survey = words.pop(0) if words[0].startswith('SV_') else none -%}
                {%- do questions.append({
                    'folder': entry.folder,
                    'survey': survey,
                    'name': words[0],
                    'survey_type': survey_type,
                    'place': place,
                    'worst': words[1] if words | length > 2 else scale[0],
                    'best': words[2] if words | length > 2 else scale[1],
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(questions) }}
{%- endmacro %}

{# The answer to a question in a row of responses; null when it is none of its survey, or was seen and not answered. #}
{% macro qualtrics_answer(question) -%}
    {%- set column = question.name | lower | replace('.', '_') | replace('-', '_') -%}
    case
        when folder = '{{ question.folder }}'{{ " and survey_id = '" ~ question.survey ~ "'" if question.survey }}
            then nullif(nullif(coalesce({{ json_text('other_columns', column) }}, {{ json_text('answers', question.name) }}), ''), '-99')
    end
{%- endmacro %}
