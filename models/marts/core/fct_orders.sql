-- One row per order placed by `as_of`, of any status, with the campaign, source, agent and prospect it is owed to.
select
    cast(order_id as {{ dbt.type_string() }}) as order_id,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(segment as {{ dbt.type_string() }}) as segment,
    cast(lead_id as {{ dbt.type_string() }}) as lead_id,
    cast(call_id as {{ dbt.type_string() }}) as call_id,
    cast(attributed_campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaign_known_from as {{ dbt.type_string() }}) as campaign_known_from,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(attributed_agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(industry as {{ dbt.type_string() }}) as industry,
    cast(company_size as {{ dbt.type_string() }}) as company_size,
    cast(order_date as date) as order_date,
    cast(ordered_at as timestamp) as ordered_at,
    cast(status as {{ dbt.type_string() }}) as status,
    cast(stated_currency as {{ dbt.type_string() }}) as currency,
    cast(net_amount as decimal(18, 4)) as net_amount,
    cast(margin_amount as decimal(18, 4)) as margin_amount,
    cast(exchange_rate as decimal(14, 8)) as exchange_rate,
    {{ converted('net_amount', 'exchange_rate') }} as net_amount_converted,
    {{ converted('margin_amount', 'exchange_rate') }} as margin_amount_converted,
    cast(is_confirmed as boolean) as is_confirmed,
    cast(coalesce(confirmed_rank = 1, false) as boolean) as is_first_of_customer,
    cast(source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('orders') }}
from {{ ref('int_orders__attributed') }}
