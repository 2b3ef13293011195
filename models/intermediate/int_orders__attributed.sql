-- One row per order placed by `as_of`: its local day, the campaign, source, agent and prospect it is owed to, and the rate of its currency on that day.
with run as (
    select * from {{ ref('int_run') }}
),

orders as (
    select
        orders.*,
        cast({{ utc_to_local('orders.ordered_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as order_date,
        {{ currency_or_reporting('orders.currency') }} as stated_currency
    from {{ ref('stg_orders') }} as orders
    cross join run
    where orders.ordered_at <= run.as_of
),

-- Orders name few of all calls: those alone are kept.
named as (
    select distinct call_id
    from orders
    where call_id is not null
),

named_calls as (
    select
        calls.call_id,
        calls.campaign_id,
        calls.source_channel,
        calls.agent_id
    from {{ ref('fct_calls') }} as calls
    inner join named
        on calls.call_id = named.call_id
    where calls.is_counted
),

attributed as (
    select
        orders.*,
        coalesce(orders.campaign_id, leads.campaign_id, calls.campaign_id) as attributed_campaign_id,
        case
            when orders.campaign_id is not null then 'order'
            when leads.campaign_id is not null then 'lead'
            when calls.campaign_id is not null then 'call'
        end as campaign_known_from,
        coalesce(leads.source_channel, calls.source_channel) as source_channel,
        coalesce(orders.agent_id, calls.agent_id) as attributed_agent_id,
        leads.industry,
        leads.company_size
    from orders
    left join {{ ref('stg_leads') }} as leads
        on orders.lead_id = leads.lead_id
    left join named_calls as calls
        on orders.call_id = calls.call_id
),

final as (
    select
        attributed.*,
        agents.team_id,
        customers.segment,
        rates.rate as exchange_rate,
        coalesce(attributed.status = 'confirmed', false) as is_confirmed,
        case
            when attributed.status = 'confirmed'
                then row_number() over (
                    partition by attributed.customer_id, attributed.status
                    order by attributed.ordered_at asc, attributed.order_id asc
                )
        end as confirmed_rank
    from attributed
    left join {{ ref('stg_customers') }} as customers
        on attributed.customer_id = customers.customer_id
    left join {{ ref('int_agents__history') }} as agents
        on
            attributed.attributed_agent_id = agents.agent_id
            and {{ in_force('agents', 'attributed.order_date') }}
    left join {{ ref('int_exchange_rates') }} as rates
        on
            attributed.stated_currency = rates.currency
            and attributed.order_date >= rates.valid_from
            and attributed.order_date < rates.valid_to
)

select * from final
