{{ connector_model() }}
-- One row per opportunity, with the lead that became it.
with leads as (
    select
        folder,
        converted_opportunity_id,
        min(id) as lead_id
    from {{ ref('salesforce__read_leads') }}
    where
        _left_out_for is null
        and converted_opportunity_id is not null
    group by folder, converted_opportunity_id
)

select
    opportunities.id as opportunity_id,
    leads.lead_id,
    opportunities.account_id as customer_id,
    opportunities.campaign_id,
    {{ instant_text('opportunities.created_at') }} as created_at,
    -- The day of the closing has no time: its beginning may lie before the opportunity was created.
    case when opportunities.is_closed then {{ instant_text('greatest(opportunities.close_day, opportunities.created_at)') }} end as closed_at,
    case when opportunities.is_closed then opportunities.is_won end as is_won,
    opportunities.amount,
    opportunities.currency,
    {{ instant_text('opportunities.updated_at') }} as updated_at,
    opportunities._file,
    opportunities._row
from {{ ref('salesforce__read_opportunities') }} as opportunities
left join leads
    on
        opportunities.folder = leads.folder
        and opportunities.id = leads.converted_opportunity_id
where opportunities._left_out_for is null
