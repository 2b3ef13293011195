{{ config(materialized='view') }}
-- One row per leg, put in its place: local time of its queue, the agent's team at that time, the campaign's objective, the person called, what its
-- disposition says and what names it.
with legs as (
    select
        legs.*,
        queues.site as queue_site,
        coalesce(queues.timezone, '{{ var('reporting_timezone') }}') as timezone,
        cast(legs.started_at as date) as utc_date
    from {{ ref('int_calls__due') }} as legs
    left join {{ ref('int_queues') }} as queues
        on legs.queue_id = queues.queue_id
),

local_legs as (
    select
        legs.*,
        {{ plus_seconds('legs.started_at', "case
            when legs.started_at < days.offset_changes_at then days.offset_before_seconds
            else days.offset_after_seconds
        end") }} as local_started_at
    from legs
    left join {{ ref('int_timezone_days') }} as days
        on legs.timezone = days.timezone and legs.utc_date = days.utc_date
),

dated as (
    select
        local_legs.*,
        cast(local_legs.local_started_at as date) as call_date
    from local_legs
),

final as (
    select
        dated.*,
        agents.team_id,
        agents.site as agent_site,
        campaigns.objective as campaign_objective,
        targets.threshold_seconds,
        dispositions.code is not null as has_known_disposition,
        {%- for flag in ['connected', 'human_answered', 'contact_established', 'argued', 'positive', 'conversion', 'sale', 'appointment',
                         'refusal', 'do_not_call', 'callback', 'final'] %}
        coalesce(dispositions.is_{{ flag }}, false) as disposition_is_{{ flag }},
        {%- endfor %}
        transfers.call_id is not null as is_transferred_on,
        coalesce(transfers.is_tier_raised, false) as is_tier_raised,
        selfcare.call_id is not null as is_followed_by_selfcare,
        coalesce(results.is_named_by_order, false) as is_named_by_order,
        coalesce(results.is_named_by_appointment, false) as is_named_by_appointment,
        coalesce(results.created_leads, 0) as created_leads,
        coalesce(
            {{ person_of_record('records') }},
            'record:' || dated.contact_record_id,
            'lead:' || coalesce(survivors.survivor_lead_id, dated.lead_id),
            'customer:' || dated.customer_id
        ) as person_id,
        run.as_of
    from dated
    left join {{ ref('int_agents__history') }} as agents
        on
            dated.agent_id = agents.agent_id
            and {{ in_force('agents', 'dated.call_date') }}
    left join {{ ref('int_campaigns') }} as campaigns
        on dated.campaign_id = campaigns.campaign_id
    left join {{ ref('int_queue_targets') }} as targets
        on coalesce(dated.queue_id, '') = targets.queue_id and dated.call_date = targets.calendar_date
    left join {{ ref('dispositions') }} as dispositions
        on dated.disposition_code = dispositions.code
    left join {{ ref('int_calls__transfers') }} as transfers
        on dated.call_id = transfers.call_id
    left join {{ ref('int_calls__selfcare') }} as selfcare
        on dated.call_id = selfcare.call_id
    left join {{ ref('int_calls__results') }} as results
        on dated.call_id = results.call_id
    left join {{ ref('stg_contact_records') }} as records
        on dated.contact_record_id = records.contact_record_id
    left join {{ ref('int_leads__survivors') }} as survivors
        on dated.lead_id = survivors.lead_id
    cross join {{ ref('int_run') }} as run
)

select * from final
