-- One row per opportunity created by `as_of`.
select
    cast(opportunity_id as {{ dbt.type_string() }}) as opportunity_id,
    cast(lead_id as {{ dbt.type_string() }}) as lead_id,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(created_date as date) as created_date,
    cast(created_at as timestamp) as created_at,
    cast(closed_date as date) as closed_date,
    cast(closed_at as timestamp) as closed_at,
    cast(stated_currency as {{ dbt.type_string() }}) as currency,
    cast(amount as decimal(18, 4)) as amount,
    cast(exchange_rate as decimal(14, 8)) as exchange_rate,
    {{ converted('amount', 'exchange_rate') }} as amount_converted,
    cast(is_open as boolean) as is_open,
    cast(is_decided as boolean) as is_decided,
    cast(is_won_and_closed as boolean) as is_won,
    cast(case when is_won_and_closed then {{ seconds_between('created_at', 'closed_at') }} end as bigint) as won_after_seconds,
    cast(source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('opportunities') }}
from {{ ref('int_opportunities__placed') }}
