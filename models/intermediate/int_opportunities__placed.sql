-- One row per opportunity created by `as_of`: its local days, how long it took to win, and the rate of its currency on the day it closed (on the day it was
-- created while it is open).
with opportunities as (
    select
        opportunities.*,
        cast({{ utc_to_local('opportunities.created_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as created_date,
        cast({{ utc_to_local('opportunities.closed_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as closed_date,
        {{ currency_or_reporting('opportunities.currency') }} as stated_currency,
        coalesce(opportunities.closed_at > run.as_of, true) as is_open
    from {{ ref('stg_opportunities') }} as opportunities
    cross join {{ ref('int_run') }} as run
    where opportunities.created_at <= run.as_of
),

final as (
    select
        opportunities.*,
        rates.rate as exchange_rate,
        opportunities.closed_at is not null and opportunities.is_won is not null as is_decided,
        opportunities.closed_at is not null and coalesce(opportunities.is_won, false) as is_won_and_closed
    from opportunities
    left join {{ ref('int_exchange_rates') }} as rates
        on
            opportunities.stated_currency = rates.currency
            and coalesce(opportunities.closed_date, opportunities.created_date) >= rates.valid_from
            and coalesce(opportunities.closed_date, opportunities.created_date) < rates.valid_to
)

select * from final
