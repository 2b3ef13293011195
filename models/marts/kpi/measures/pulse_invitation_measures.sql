-- One row per day of sending and scope with at least one pulse survey sent. It says how many answered, and nothing of what they answered.
{%- set measures = measures_of('pulse_invitation_measures') %}
with daily as (
    select
        sent_date as measure_date,
        team_id,
        count(*) as pulse_invitations,
        count(*) filter (where is_answered) as answered_pulse_invitations
    from {{ ref('int_pulse_invitations') }}
    group by sent_date, team_id
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'team': 'team_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
