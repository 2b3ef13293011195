-- One row per local day of creation, campaign, source, industry and company size with at least one lead: how soon its leads were called.
-- depends_on: {{ ref('kpi_catalogue') }}
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
        count(*) filter (where not is_called and not is_never_called) as leads_called_only_before_creation,
        count(*) filter (where response_seconds <= 300) as leads_called_within_5_minutes,
        count(*) filter (where response_seconds <= 3600) as leads_called_within_1_hour,
        count(*) filter (where response_seconds <= 86400) as leads_called_within_24_hours,
        coalesce(sum(response_seconds), 0) as response_seconds,
        count(response_opening_seconds) as leads_called_with_known_opening_time,
        coalesce(sum(response_opening_seconds), 0) as response_opening_seconds,
        {{ exact_percentile('response_seconds', 0.5) }} as median_response_seconds,
        {{ exact_percentile('response_seconds', 0.9) }} as p90_response_seconds
    from {{ ref('fct_leads') }}
    group by created_date, campaign_id, source_channel, industry, company_size
),

published as (
    select
        industry,
        company_size,
        min(value) as benchmark
    from {{ ref('benchmarks') }}
    where kpi_id = 'lead_response_time'
    group by industry, company_size
),

joined as (
    select
        counted.*,
        by_industry.benchmark as industry_benchmark,
        by_size.benchmark as company_size_benchmark
    from counted
    left join published as by_industry
        on
            lower(counted.industry) = by_industry.industry
            and by_industry.company_size is null
    left join published as by_size
        on
            counted.company_size = by_size.company_size
            and by_size.industry is null
)

select
    cast(
        {{ surrogate_key(['created_date', 'campaign_id', 'source_channel', 'industry', 'company_size']) }} as {{ dbt.type_string() }}
    ) as lead_response_id,
    cast(created_date as date) as created_date,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(industry as {{ dbt.type_string() }}) as industry,
    cast(company_size as {{ dbt.type_string() }}) as company_size,
    cast(leads_collected as bigint) as leads_collected,
    cast(leads_called as bigint) as leads_called,
    cast(leads_never_called as bigint) as leads_never_called,
    cast(leads_called_only_before_creation as bigint) as leads_called_only_before_creation,
    cast(leads_called_within_5_minutes as bigint) as leads_called_within_5_minutes,
    cast(leads_called_within_1_hour as bigint) as leads_called_within_1_hour,
    cast(leads_called_within_24_hours as bigint) as leads_called_within_24_hours,
    cast(response_seconds as bigint) as response_seconds,
    cast(leads_called_with_known_opening_time as bigint) as leads_called_with_known_opening_time,
    cast(response_opening_seconds as bigint) as response_opening_seconds,
    cast(median_response_seconds as double) as median_response_seconds,
    cast(p90_response_seconds as double) as p90_response_seconds,
    {{ kpi_rate('lead_response_time') }} as lead_response_time,
    {{ kpi_rate('lead_response_time_median') }} as lead_response_time_median,
    {{ kpi_rate('lead_response_time_business') }} as lead_response_time_business,
    cast(industry_benchmark as double) as industry_benchmark,
    cast(company_size_benchmark as double) as company_size_benchmark
from joined
