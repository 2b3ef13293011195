-- One row per campaign and month with a cost, a confirmed order, an attempt or a lead: what it cost, what it brought, and the rates of the two.
-- depends_on: {{ ref('kpi_catalogue') }}
{%- set amounts = [
    'marketing_cost', 'commercial_cost', 'operations_cost', 'campaign_call_cost', 'acquisition_cost', 'campaign_cost', 'revenue', 'margin',
    'revenue_minus_cost', 'margin_minus_cost',
] %}
{%- set counts = [
    'confirmed_orders', 'confirmed_orders_with_known_amount', 'new_customers', 'outbound_calls', 'contacted_calls', 'leads_collected',
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

final as (
    select
        months.*,
        campaigns.campaign_name,
        campaigns.campaign_type,
        campaigns.objective
    from months
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
    {{ kpi_rate('cost_per_call') }} as cost_per_call,
    {{ kpi_rate('cost_per_contact') }} as cost_per_contact,
    {{ kpi_rate('cost_per_lead') }} as cost_per_lead,
    {{ kpi_rate('customer_acquisition_cost') }} as customer_acquisition_cost,
    {{ kpi_rate('average_order_value') }} as average_order_value,
    {{ kpi_rate('roi') }} as roi,
    {{ kpi_rate('roi_margin') }} as roi_margin
from final
