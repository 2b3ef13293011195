{{ connector_model() }}
-- One row per person and list, as the survey last sent to them. The list does not say which: what all answers answer, or what the entry says was asked.
with kinds as (
    select distinct
        folder,
        asked,
        survey_type
    from {{ ref('delighted__read_survey_responses') }}
),

answered as (
    select
        folder,
        min(asked) as first_asked,
        max(asked) as last_asked,
        max(case when {{ is_in_option('asked', 'delighted', 'asked') }} then asked end) as stated
    from {{ ref('delighted__read_survey_responses') }}
    group by folder
),

people as (
    select
        {{ first_folder('_file') }} as folder,
        id as person_id,
        last_sent_at as sent_at_second,
        {{ instant_of_epoch('last_sent_at') }} as sent_at,
        _file,
        _row
    from {{ source('delighted', 'people') }}
),

asked as (
    select
        people.*,
        coalesce(answered.stated, case when answered.first_asked = answered.last_asked then answered.first_asked end) as asked
    from people
    left join answered
        on people.folder = answered.folder
)

select
    asked.folder,
    asked.person_id || '-' || asked.sent_at_second as invitation_id,
    asked.person_id,
    asked.sent_at,
    asked.asked,
    kinds.survey_type,
    asked._file,
    asked._row,
    case
        when asked.sent_at is null then 'no survey was sent to the person yet'
        when asked.asked is null then 'which of several surveys the person was sent is not known'
        when kinds.survey_type is null then 'what the person was sent is no kind of survey here'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from asked
left join kinds
    on
        asked.folder = kinds.folder
        and asked.asked = kinds.asked
