{{ landed('survey_invitations') }}
