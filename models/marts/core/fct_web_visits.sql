-- One row per day, source channel and campaign with visits of the web site, up to the day of `as_of`.
select
    cast({{ surrogate_key(['visits.visit_date', 'visits.source_channel', 'visits.campaign_id']) }} as {{ dbt.type_string() }}) as web_visit_id,
    cast(visits.visit_date as date) as visit_date,
    cast(visits.source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(visits.campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(visits.visits as bigint) as visits,
    cast(visits.source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('web_visits') }}
from {{ ref('stg_web_visits') }} as visits
cross join {{ ref('int_run') }} as run
where visits.visit_date <= run.as_of_date
