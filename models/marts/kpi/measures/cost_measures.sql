-- One row per day and scope with at least one cost of a campaign, or of a call that names one. At scope `all` too, only calls that name a campaign cost one.
{%- set measures = measures_of('cost_measures') %}
with costs as (
    select
        cost_date,
        campaign_id,
        cost_family,
        amount_converted
    from {{ ref('fct_campaign_costs') }}
    union all
    select
        call_date as cost_date,
        campaign_id,
        'calls' as cost_family,
        cost_in_reporting_currency as amount_converted
    from {{ ref('int_calls__costs') }}
    where campaign_id is not null
),

daily as (
    select
        cost_date as measure_date,
        campaign_id,
        coalesce(sum(amount_converted) filter (where cost_family = 'marketing'), 0) as marketing_cost,
        coalesce(sum(amount_converted) filter (where cost_family = 'commercial'), 0) as commercial_cost,
        coalesce(sum(amount_converted) filter (where cost_family = 'operations'), 0) as operations_cost,
        coalesce(sum(amount_converted) filter (where cost_family = 'calls'), 0) as campaign_call_cost,
        coalesce(sum(amount_converted) filter (where cost_family in ('marketing', 'commercial')), 0) as acquisition_cost,
        coalesce(sum(amount_converted), 0) as campaign_cost
    from costs
    group by cost_date, campaign_id
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'campaign': 'campaign_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
