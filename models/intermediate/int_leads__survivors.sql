-- One row per lead: the lead it lives on in. A chain of merges is followed to its end; one that leads to an unknown lead, or in a circle, merges nothing.
with leads as (
    select
        lead_id,
        merged_into_lead_id,
        created_at,
        coalesce(status not in ('spam', 'duplicate'), true) and not coalesce(is_test, false) as is_genuine
    from {{ ref('stg_leads') }}
),

-- The lead one merge further: itself at the end of a chain, null where the chain is broken.
step_0 as (
    select
        leads.lead_id,
        case
            when leads.merged_into_lead_id is null then leads.lead_id
            when leads.merged_into_lead_id <> leads.lead_id then targets.lead_id
        end as reached_lead_id
    from leads
    left join leads as targets
        on leads.merged_into_lead_id = targets.lead_id
    where {{ worked_out_once() }}
),

{# Each step doubles the merges followed: seven follow chains of 128. -#}
{%- for step in range(1, 8) %}
step_{{ step }} as (
    select
        here.lead_id,
        there.reached_lead_id
    from step_{{ step - 1 }} as here
    left join step_{{ step - 1 }} as there
        on here.reached_lead_id = there.lead_id
    where {{ worked_out_once() }}
),
{% endfor %}
final as (
    select
        leads.lead_id,
        case when ends.reached_lead_id = ends.lead_id then ends.lead_id else leads.lead_id end as survivor_lead_id,
        leads.created_at,
        leads.is_genuine
    from leads
    inner join step_7
        on leads.lead_id = step_7.lead_id
    left join step_0 as ends
        on step_7.reached_lead_id = ends.lead_id
)

select
    final.lead_id,
    final.survivor_lead_id,
    final.survivor_lead_id = final.lead_id and final.is_genuine and final.created_at <= run.as_of as is_in_population
from final
cross join {{ ref('int_run') }} as run
