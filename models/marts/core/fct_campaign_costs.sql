-- One row per cost of a campaign dated by the day of `as_of`. What its calls cost is in `fct_calls`.
select
    cast(cost_id as {{ dbt.type_string() }}) as cost_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(cost_date as date) as cost_date,
    cast(cost_family as {{ dbt.type_string() }}) as cost_family,
    cast(stated_currency as {{ dbt.type_string() }}) as currency,
    cast(amount as decimal(18, 4)) as amount,
    cast(exchange_rate as decimal(14, 8)) as exchange_rate,
    {{ converted('amount', 'exchange_rate') }} as amount_converted,
    cast(source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('campaign_costs') }}
from {{ ref('int_campaign_costs') }}
