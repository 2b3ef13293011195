-- One row per finding in the rows in use: a currency without a rate, by table, or a disposition code that nobody described.
with amounts as (
    select
        'orders' as raw_table,
        currency as found_value,
        order_date as found_date,
        1 as affected_rows
    from {{ ref('fct_orders') }}
    where exchange_rate is null
    union all
    select
        'opportunities' as raw_table,
        currency as found_value,
        coalesce(closed_date, created_date) as found_date,
        1 as affected_rows
    from {{ ref('fct_opportunities') }}
    where
        exchange_rate is null
        and amount is not null
    union all
    select
        'campaign_costs' as raw_table,
        currency as found_value,
        cost_date as found_date,
        1 as affected_rows
    from {{ ref('fct_campaign_costs') }}
    where exchange_rate is null
    union all
    select
        'calls' as raw_table,
        currency as found_value,
        call_date as found_date,
        calls as affected_rows
    from {{ ref('int_calls__costs') }}
    where cost_in_reporting_currency is null
),

codes as (
    select
        disposition_code as found_value,
        call_date as found_date,
        count(*) as affected_rows
    from {{ ref('fct_calls') }}
    where
        is_counted
        and disposition_code is not null
        and not has_known_disposition
    group by disposition_code, call_date
),

findings as (
    select
        'currency_without_rate' as finding,
        *
    from amounts
    union all
    select
        'unmapped_disposition' as finding,
        'calls' as raw_table,
        *
    from codes
),

final as (
    select
        finding,
        raw_table,
        found_value,
        min(found_date) as first_date,
        max(found_date) as last_date,
        sum(affected_rows) as affected_rows
    from findings
    group by finding, raw_table, found_value
)

select
    cast(finding as {{ dbt.type_string() }}) as finding,
    cast(raw_table as {{ dbt.type_string() }}) as raw_table,
    cast(found_value as {{ dbt.type_string() }}) as found_value,
    cast(first_date as date) as first_date,
    cast(last_date as date) as last_date,
    cast(affected_rows as bigint) as affected_rows,
    cast(case finding
        when 'currency_without_rate'
            then 'No rate from ' || found_value || ' to {{ var('reporting_currency') }} on these days: the amounts count nowhere. Add it to exchange_rates.'
        when 'unmapped_disposition'
            then 'The code ' || found_value || ' is not in dispositions: the outcome of the call decides what it counts as. Describe it there.'
    end as {{ dbt.type_string() }}) as what_to_do
from final
