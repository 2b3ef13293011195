{{ connector_model() }}
-- One row per row of a file of responses. The first of CSV are its header, and say in which zone the clock readings below are.
{%- set questions = qualtrics_questions() %}
with exported as (
    select
        {{ first_folder('exported._file') }} as folder,
        exported.responseid as response_id,
        coalesce(exported.enddate, {{ json_text('exported.values', 'endDate') }}) as ended,
        lower(coalesce(exported.status, {{ json_text('exported.values', 'status') }})) as status,
        lower(coalesce(exported.distributionchannel, {{ json_text('exported.values', 'distributionChannel') }})) as channel,
        coalesce(exported.externalreference, {{ json_text('exported.values', 'externalDataReference') }}) as reference,
        coalesce(
            {{ json_text('exported._unlisted', 'surveyid') }},
            {{ json_text('exported.values', 'SurveyID') }},
            'SV_' || nullif(substr({{ dbt.split_part('exported._file', "'SV_'", 2) }}, 1, 15), '')
        ) as survey_id,
        exported._unlisted as other_columns,
        exported.values as answers,
        exported._file,
        exported._row,
        case when exported.responseid like '{"ImportId"%' then exported._row end as header_row,
        case when exported.responseid like '{"ImportId"%' then {{ json_text('exported.enddate', 'timeZone') }} end as header_zone
    from {{ source('qualtrics', 'responses') }} as exported
),

placed as (
    select
        *,
        max(header_row) over (partition by _file) as last_header_row,
        coalesce(
            nullif(max(header_zone) over (partition by _file), 'Z'),
            {{ by_entry('qualtrics', 'timezone') }}
        ) as clock_zone
    from exported
),

answered as (
    select
        *,
        {#- Here once for all who ask: the list of zones is long. #}
        case when clock_zone in {{ timezone_names() }} then clock_zone end as known_zone,
        case
            {%- for question in questions %}
            when {{ qualtrics_answer(question) }} is not null then {{ question.place }}
            {%- endfor %}
        end as asked_place
    from placed
)

select
    folder,
    response_id,
    survey_id,
    case
        when ended like '%Z' then ended
        else {{ instant_text(local_to_utc('try_cast(ended as timestamp)', 'known_zone')) }}
    end as answered_at,
    reference,
    other_columns,
    answers,
    asked_place,
    _file,
    _row,
    case
        when _row <= last_header_row then 'a row of the header'
        when status in ('1', '2', '9', '17', 'survey preview', 'survey test', 'survey preview spam', 'offline survey preview') or channel = 'preview'
            then 'a preview or test of the survey'
        when status in ('8', '12', '40', 'spam', 'possible spam', 'imported spam', 'ex spam') then 'marked as spam'
        when survey_id is null then 'neither the name of the file nor a column says of which survey it is'
        when asked_place is null then 'no question that the entry names is answered'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from answered
