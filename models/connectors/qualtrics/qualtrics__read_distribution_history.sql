{{ connector_model() }}
-- One row per contact of a distribution and list. A reminder becomes part of the invitation it reminds of.
with distributions as (
    select
        {{ first_folder('_file') }} as folder,
        id,
        parentdistributionid as parent_id,
        requesttype as request_type,
        {{ json_text('surveylink', 'surveyId') }} as survey_id,
        row_number() over (
            partition by {{ first_folder('_file') }}, id order by {{ parse_instant('modifieddate') }} desc nulls last, _file desc, _row desc
        ) as listing
    from {{ source('qualtrics', 'distributions') }}
),

surveys as (
    select
        folder,
        survey_id,
        min(asked_place) as asked_place
    from {{ ref('qualtrics__read_responses') }}
    group by folder, survey_id
),

history as (
    select
        {{ first_folder('_file') }} as folder,
        distributionid as distribution_id,
        coalesce(nullif({{ trimmed('contactlookupid') }}, ''), nullif({{ trimmed('contactid') }}, '')) as contact_id,
        sentat as sent_at,
        responseid as response_id,
        _file,
        _row
    from {{ source('qualtrics', 'distribution_history') }}
),

sent as (
    select
        history.*,
        distributions.id as known_id,
        distributions.survey_id,
        distributions.request_type = 'Reminder' as is_reminder,
        distributions.request_type in ('Invite', 'GeneratedInvite', 'PortalInvite') as is_invitation,
        case when distributions.request_type = 'Reminder' then distributions.parent_id else history.distribution_id end
        || '-' || history.contact_id as invitation_id,
        case surveys.asked_place
            {%- for survey_type in qualtrics_scales() %}
            when {{ loop.index }} then '{{ survey_type }}'
            {%- endfor %}
        end as survey_type
    from history
    left join distributions
        on
            history.folder = distributions.folder
            and history.distribution_id = distributions.id
            and distributions.listing = 1
    left join surveys
        on
            distributions.folder = surveys.folder
            and distributions.survey_id = surveys.survey_id
),

invited as (
    select
        *,
        max(case when is_invitation and invitation_id is not null and sent_at is not null and survey_type is not null then 1 else 0 end)
            over (partition by folder, invitation_id) = 1 as has_invitation
    from sent
)

select
    folder,
    distribution_id,
    invitation_id,
    survey_id,
    survey_type,
    is_invitation,
    sent_at,
    response_id,
    _file,
    _row,
    case
        when known_id is null then 'a distribution that the list of distributions does not hold'
        when not is_reminder and not is_invitation then 'a distribution of another kind than invitations and reminders'
        when contact_id is null then 'the history does not say to whom it was sent'
        when sent_at is null then 'nothing was sent'
        when survey_type is null then 'what the survey asks is not known from its responses'
        when not has_invitation then 'a reminder of an invitation that is not in the history'
    end as _left_out_for,
    case when is_reminder then invitation_id end as _made_into_id
from invited
