-- One row per local day of creation, campaign, source, industry and company size with at least one lead: how far its leads have come by `as_of`.
with counted as (
    select
        created_date,
        campaign_id,
        source_channel,
        industry,
        company_size,
        count(*) as leads_collected,
        count(*) filter (where is_called) as leads_called,
        count(*) filter (where is_never_called) as leads_never_called,
        count(*) filter (where is_contacted) as leads_contacted,
        count(*) filter (where is_qualified) as leads_qualified,
        count(*) filter (where is_converted) as leads_converted,
        count(*) filter (where is_rejected) as leads_rejected,
        count(*) filter (where is_mature_for_conversion) as leads_mature_for_conversion,
        count(*) filter (where not is_mature_for_conversion) as leads_not_yet_mature_for_conversion,
        count(*) filter (where is_converted_in_window) as mature_leads_converted_in_window
    from {{ ref('fct_leads') }}
    group by created_date, campaign_id, source_channel, industry, company_size
)

select
    cast(
        {{ surrogate_key(['created_date', 'campaign_id', 'source_channel', 'industry', 'company_size']) }} as {{ dbt.type_string() }}
    ) as lead_funnel_id,
    cast(created_date as date) as created_date,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(industry as {{ dbt.type_string() }}) as industry,
    cast(company_size as {{ dbt.type_string() }}) as company_size,
    cast(leads_collected as bigint) as leads_collected,
    cast(leads_called as bigint) as leads_called,
    cast(leads_never_called as bigint) as leads_never_called,
    cast(leads_contacted as bigint) as leads_contacted,
    cast(leads_qualified as bigint) as leads_qualified,
    cast(leads_converted as bigint) as leads_converted,
    cast(leads_rejected as bigint) as leads_rejected,
    cast(leads_mature_for_conversion as bigint) as leads_mature_for_conversion,
    cast(leads_not_yet_mature_for_conversion as bigint) as leads_not_yet_mature_for_conversion,
    cast(mature_leads_converted_in_window as bigint) as mature_leads_converted_in_window
from counted
