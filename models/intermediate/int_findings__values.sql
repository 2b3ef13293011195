-- One row per finding in values: a currency without a rate, a disposition code or a queue that nobody described, by table and value.
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

-- Without a raw table of queues none is described, and none is missed.
queue_entries as (
    select
        measures.scope_id as found_value,
        measures.measure_date as found_date,
        measures.offered_calls as affected_rows
    from {{ ref('queue_measures') }} as measures
    inner join {{ ref('int_queues') }} as queues
        on measures.scope_id = queues.queue_id
    where
        measures.scope_type = 'queue'
        and not queues.is_declared
        and exists (
            select 1
            from {{ ref('int_queues') }} as declared
            where declared.is_declared
        )
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
    union all
    select
        'unmapped_queue' as finding,
        'calls' as raw_table,
        *
    from queue_entries
)

select
    finding,
    raw_table,
    found_value,
    min(found_date) as first_date,
    max(found_date) as last_date,
    cast(sum(affected_rows) as bigint) as affected_rows
from findings
group by finding, raw_table, found_value
