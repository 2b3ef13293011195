{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['call_date']}) }}
-- One row per local day, campaign and currency with a counted call whose cost is known: the costs are added before they are converted, which is exact and
-- spares a join per call.
with summed as (
    select
        call_date,
        campaign_id,
        {{ currency_or_reporting('currency') }} as currency,
        sum(cost_amount) as cost_amount,
        count(*) as calls
    from {{ ref('fct_calls') }}
    where
        is_counted
        and cost_amount is not null
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, campaign_id, {{ currency_or_reporting('currency') }}
),

final as (
    select
        summed.call_date,
        summed.campaign_id,
        summed.currency,
        summed.calls,
        cast(cast(summed.cost_amount as decimal(24, 4)) * rates.rate as decimal(38, 12)) as cost_in_reporting_currency
    from summed
    left join {{ ref('int_exchange_rates') }} as rates
        on
            summed.currency = rates.currency
            and summed.call_date >= rates.valid_from
            and summed.call_date < rates.valid_to
)

select * from final
