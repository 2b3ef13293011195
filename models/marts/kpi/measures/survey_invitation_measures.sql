-- One row per day of sending and scope with at least one survey sent to a customer.
{%- set measures = measures_of('survey_invitation_measures') %}
with daily as (
    select
        sent_date as measure_date,
        survey_id,
        queue_id,
        agent_id,
        team_id,
        count(*) as survey_invitations,
        count(*) filter (where is_answered) as answered_survey_invitations
    from {{ ref('fct_survey_invitations') }}
    group by sent_date, survey_id, queue_id, agent_id, team_id
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'queue': 'queue_id', 'team': 'team_id', 'agent': 'agent_id', 'survey': 'survey_id'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
