-- One row per queue: declared in the raw queues, or only named by a call or a ticket.
select
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(queue_name as {{ dbt.type_string() }}) as queue_name,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(timezone as {{ dbt.type_string() }}) as timezone,
    cast(business_hours_id as {{ dbt.type_string() }}) as business_hours_id,
    cast(tier as integer) as tier,
    cast(language as {{ dbt.type_string() }}) as language,
    cast(is_declared as boolean) as is_declared
from {{ ref('int_queues') }}
