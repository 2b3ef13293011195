-- One row per self-service session started by as_of.
select
    cast(sessions.session_id as {{ dbt.type_string() }}) as session_id,
    cast(sessions.source_system as {{ dbt.type_string() }}) as source_system,
    cast({{ utc_to_local('sessions.started_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as session_date,
    cast(sessions.started_at as timestamp) as started_at,
    cast(sessions.channel as {{ dbt.type_string() }}) as channel,
    cast(sessions.customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(sessions.is_completed as boolean) as is_completed,
    cast(sessions.transferred_to_agent as boolean) as is_transferred_to_agent
    {%- for name in var('pass_through_columns').get('selfservice_sessions', []) %},
    cast(sessions.{{ name }} as {{ dbt.type_string() }}) as {{ name }}
    {%- endfor %}
from {{ ref('stg_selfservice_sessions') }} as sessions
cross join {{ ref('int_run') }} as run
where sessions.started_at <= run.as_of
