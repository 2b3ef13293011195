-- The rates of a campaign's month and of a segment's month are the KPI values of that month and scope, to the last digit; what has no value there has none
-- here.
{%- set marts = [
    ('campaign_economics', "'campaign'", 'campaign_id', [
        'cost_per_call', 'cost_per_contact', 'cost_per_lead', 'customer_acquisition_cost', 'average_order_value', 'roi', 'roi_margin',
    ]),
    ('customer_value', 'scope_type', 'segment', ['churn_rate', 'customer_lifetime_value']),
] %}
with rates as (
    {%- for model_name, scope_type, scope_id, kpi_ids in marts %}{% set last_mart = loop.last %}{% for kpi_id in kpi_ids %}
    select
        '{{ kpi_id }}' as kpi_id,
        {{ scope_type }} as scope_type,
        {{ scope_id }} as scope_id,
        month_start_date as period_start,
        {{ kpi_id }} as mart_value
    from {{ ref(model_name) }}
    {{ 'union all' if not (last_mart and loop.last) }}
    {%- endfor %}{% endfor %}
),

kpis as (
    select
        kpi_id,
        scope_type,
        scope_id,
        period_start,
        value as kpi_value
    from {{ ref('kpi_values') }}
    where
        grain = 'month'
        and (
            {%- for model_name, scope_type, scope_id, kpi_ids in marts %}
            {{ 'or ' if not loop.first }}(
                scope_type in ({{ "'campaign'" if model_name == 'campaign_economics' else "'all', 'segment'" }})
                and kpi_id in ('{{ kpi_ids | join("', '") }}')
            )
            {%- endfor %}
        )
)

select
    coalesce(rates.kpi_id, kpis.kpi_id) as kpi_id,
    coalesce(rates.scope_type, kpis.scope_type) as scope_type,
    coalesce(rates.scope_id, kpis.scope_id) as scope_id,
    coalesce(rates.period_start, kpis.period_start) as period_start,
    rates.mart_value,
    kpis.kpi_value
from rates
full outer join kpis
    on
        rates.kpi_id = kpis.kpi_id
        and rates.scope_type = kpis.scope_type
        and rates.scope_id = kpis.scope_id
        and rates.period_start = kpis.period_start
where
    rates.mart_value is distinct from kpis.kpi_value
    or rates.scope_id is null
