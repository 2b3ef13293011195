-- One row per queue and opening: the local day it begins on, and its start and end.
select
    cast({{ surrogate_key(['queues.queue_id', 'periods.opened_at']) }} as {{ dbt.type_string() }}) as queue_opening_id,
    cast(queues.queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(periods.business_hours_id as {{ dbt.type_string() }}) as business_hours_id,
    cast(periods.opening_date as date) as opening_date,
    cast(periods.opened_at as timestamp) as opened_at,
    cast(periods.closed_at as timestamp) as closed_at,
    cast({{ seconds_between('periods.opened_at', 'periods.closed_at') }} as bigint) as open_seconds
from {{ ref('int_queues') }} as queues
inner join {{ ref('int_opening_periods') }} as periods
    on
        queues.timezone = periods.timezone
        and queues.effective_business_hours_id = periods.business_hours_id
