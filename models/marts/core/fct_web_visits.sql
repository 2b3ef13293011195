-- One row per day, source channel and campaign with visits of the web site, up to the day of `as_of`.
select
    cast({{ surrogate_key(['visit_date', 'source_channel', 'campaign_id']) }} as {{ dbt.type_string() }}) as web_visit_id,
    cast(visit_date as date) as visit_date,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(visits as bigint) as visits,
    cast(source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('web_visits') }}
from {{ ref('int_web_visits') }}
