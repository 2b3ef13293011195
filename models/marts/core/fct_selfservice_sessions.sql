-- One row per self-service session started by as_of.
select
    cast(session_id as {{ dbt.type_string() }}) as session_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(session_date as date) as session_date,
    cast(started_at as timestamp) as started_at,
    cast(channel as {{ dbt.type_string() }}) as channel,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(is_completed as boolean) as is_completed,
    cast(transferred_to_agent as boolean) as is_transferred_to_agent
    {{- passed_through('selfservice_sessions') }}
from {{ ref('int_selfservice_sessions') }}
