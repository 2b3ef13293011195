-- One row per lead of the population: when it was first called, contacted and converted, as the lead says or as its touches show.
with leads as (
    select leads.*
    from {{ ref('stg_leads') }} as leads
    inner join {{ ref('int_leads__survivors') }} as survivors
        on leads.lead_id = survivors.lead_id
    where survivors.is_in_population
),

touched as (
    select
        leads.lead_id,
        count(*) filter (where touches.is_attempt) as attempts,
        min(touches.touched_at) filter (where touches.is_attempt and touches.touched_at >= leads.created_at) as first_attempt_at,
        min(touches.touched_at) filter (where touches.is_contact_established) as first_established_at,
        min(touches.touched_at) filter (where touches.is_conversion and not touches.is_creation) as first_converting_call_at,
        min(touches.touched_at) filter (where touches.is_creation) as created_by_call_at,
        bool_or(touches.is_refusal) as is_refused
    from leads
    inner join {{ ref('int_leads__touches') }} as touches
        on leads.lead_id = touches.lead_id
    group by leads.lead_id
),

final as (
    select
        leads.lead_id,
        leads.source_system,
        leads.created_at,
        leads.source_channel,
        leads.campaign_id,
        leads.industry,
        leads.company_size,
        leads.owner_agent_id,
        leads.created_by_call_id,
        leads.status,
        leads.qualified_at,
        leads.converted_at,
        coalesce(touched.attempts, 0) as attempts,
        touched.first_attempt_at,
        coalesce(leads.first_contact_at, touched.first_established_at) as contacted_at,
        touched.created_by_call_at,
        least(leads.converted_at, touched.first_converting_call_at) as first_conversion_at,
        leads.converted_at is not null
        or touched.first_converting_call_at is not null
        or coalesce(leads.status = 'converted', false) as is_converted,
        coalesce(leads.status = 'rejected', false) or coalesce(touched.is_refused, false) as is_refused
    from leads
    left join touched
        on leads.lead_id = touched.lead_id
)

select * from final
