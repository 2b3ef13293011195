-- One row per landed row. An answer cannot precede the invitation it answers, in that invitation's newest version.
{%- set invitation -%}
    left join (
        select
            invitation_id,
            sent_at,
            row_number() over (partition by invitation_id order by updated_at desc nulls last, _landed_file desc, _row desc) as version_rank
        from {{ ref('landed_survey_invitations') }}
        where _rejected_for is null
    ) as invitation
        on landed._text_invitation_id = invitation.invitation_id and invitation.version_rank = 1
{%- endset %}
{%- set outside_scale = 'typed.score < typed.scale_min or typed.score > typed.scale_max' %}
{{ landed(
    'survey_responses',
    related=invitation,
    related_columns=['invitation.sent_at as _invited_at'],
    more_checks=[
        ('scale_max not above scale_min', 'typed.scale_max <= typed.scale_min'),
        ('score outside its scale', '(typed.scale_max > typed.scale_min) and (' ~ outside_scale ~ ')'),
        ('wrong order: sent_at after answered_at', 'typed._invited_at > typed.answered_at'),
    ]
) }}
