{{ config(materialized='view') }}
-- One row per cost of a campaign dated by the day of `as_of`, with the rate of its currency on that day.
with costs as (
    select
        stated.*,
        {{ currency_or_reporting('stated.currency') }} as stated_currency
    from {{ ref('stg_campaign_costs') }} as stated
    cross join {{ ref('int_run') }} as run
    where stated.cost_date <= run.as_of_date
)

select
    costs.*,
    rates.rate as exchange_rate
from costs
left join {{ ref('int_exchange_rates') }} as rates
    on
        costs.stated_currency = rates.currency
        and costs.cost_date >= rates.valid_from
        and costs.cost_date < rates.valid_to
