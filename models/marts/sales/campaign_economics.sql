-- One row per campaign and month with a cost, a confirmed order, an attempt or a lead: what it cost, what it brought, and the rates of the two.
-- depends_on: {{ ref('kpi_catalogue') }}
{%- set amounts = [
    'marketing_cost', 'commercial_cost', 'operations_cost', 'campaign_call_cost', 'acquisition_cost', 'campaign_cost', 'revenue', 'margin',
    'revenue_minus_cost', 'margin_minus_cost',
] %}
{%- set counts = [
    'confirmed_orders', 'confirmed_orders_with_known_amount', 'new_customers', 'outbound_calls', 'contacted_calls', 'leads_collected',
] %}
{%- set rates = [
    'cost_per_call', 'cost_per_contact', 'cost_per_lead', 'customer_acquisition_cost', 'average_order_value', 'roi', 'roi_margin',
] %}
with months as (
    select
        scope_id as campaign_id,
        period_start as month_start_date,
        {%- for measure in amounts %}
        cast(coalesce({{ measure }}, 0) as decimal(38, 12)) as {{ measure }},
        {%- endfor %}
        {%- for measure in counts %}
        cast(coalesce({{ measure }}, 0) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_measures') }}
    where
        scope_type = 'campaign'
        and grain = 'month'
        and (campaign_cost is not null or confirmed_orders is not null or outbound_calls is not null or leads_collected is not null)
),

-- A rate whose raw tables are absent has no value here either: without orders every campaign would have lost all it cost.
availability as (
    select
        {%- for kpi_id in rates %}
        bool_or(kpi_id = '{{ kpi_id }}' and is_available) as has_{{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('data_availability') }}
),

final as (
    select
        months.*,
        availability.*,
        campaigns.campaign_name,
        campaigns.campaign_type,
        campaigns.objective
    from months
    cross join availability
    left join {{ ref('dim_campaigns') }} as campaigns
        on months.campaign_id = campaigns.campaign_id
)

select
    cast({{ surrogate_key(['campaign_id', 'month_start_date']) }} as {{ dbt.type_string() }}) as campaign_month_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaign_name as {{ dbt.type_string() }}) as campaign_name,
    cast(campaign_type as {{ dbt.type_string() }}) as campaign_type,
    cast(objective as {{ dbt.type_string() }}) as objective,
    cast(month_start_date as date) as month_start_date,
    {%- for measure in amounts + counts %}
    {{ measure }},
    {%- endfor %}
    {%- for kpi_id in rates %}
    case when has_{{ kpi_id }} then {{ kpi_rate(kpi_id) }} end as {{ kpi_id }}{{ ',' if not loop.last }}
    {%- endfor %}
from final
