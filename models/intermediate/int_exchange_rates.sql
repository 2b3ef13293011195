-- One row per currency and stretch of days: what one unit is worth in the reporting currency. That currency itself is worth 1 at all times.
with seeded as (
    select
        upper(trim(currency)) as currency,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        rate
    from {{ ref('exchange_rates') }}
    where upper(trim(currency)) <> '{{ var('reporting_currency') }}'
),

final as (
    select
        currency,
        valid_from,
        lead(valid_from) over (partition by currency order by valid_from asc) as valid_to,
        rate
    from seeded
    union all
    select
        '{{ var('reporting_currency') }}' as currency,
        date '0001-01-01' as valid_from,
        null as valid_to,
        1 as rate
)

select
    cast(currency as {{ dbt.type_string() }}) as currency,
    cast(valid_from as date) as valid_from,
    cast(coalesce(valid_to, date '9999-12-31') as date) as valid_to,
    cast(rate as decimal(14, 8)) as rate
from final
