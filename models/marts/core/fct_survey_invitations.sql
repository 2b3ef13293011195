-- One row per survey sent to a customer up to as_of, answered or not. Invitations of employees have no rows here.
select
    cast(invitation_id as {{ dbt.type_string() }}) as invitation_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(survey_id as {{ dbt.type_string() }}) as survey_id,
    cast(survey_type as {{ dbt.type_string() }}) as survey_type,
    cast(sent_date as date) as sent_date,
    cast(sent_at as timestamp) as sent_at,
    cast(call_id as {{ dbt.type_string() }}) as call_id,
    cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(channel as {{ dbt.type_string() }}) as channel,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(is_answered as boolean) as is_answered
from {{ ref('int_survey_invitations') }}
