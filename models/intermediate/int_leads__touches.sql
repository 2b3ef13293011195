-- One row per counted call of a lead, in or out, and per activity: of the lead itself and of those merged into it. What tells whether a lead was called,
-- contacted, followed up, refused or converted is read off these rows.
with members as (
    select
        leads.lead_id,
        leads.survivor_lead_id,
        own.created_by_call_id,
        surviving.campaign_id
    from {{ ref('int_leads__survivors') }} as leads
    inner join {{ ref('int_leads__survivors') }} as survivors
        on leads.survivor_lead_id = survivors.lead_id
    inner join {{ ref('stg_leads') }} as own
        on leads.lead_id = own.lead_id
    inner join {{ ref('stg_leads') }} as surviving
        on leads.survivor_lead_id = surviving.lead_id
    where survivors.is_in_population
),

calls as (
    select
        members.survivor_lead_id as lead_id,
        'call-' || legs.call_id as touch_id,
        'call' as touch_type,
        legs.call_id,
        legs.started_at as touched_at,
        legs.call_date as touch_date,
        legs.agent_id,
        legs.team_id,
        legs.campaign_id,
        legs.contact_list_id,
        legs.is_outbound as is_attempt,
        legs.is_outbound and legs.is_contact_established as is_contact_established,
        legs.is_outbound and legs.is_conversion as is_conversion,
        legs.is_outbound
        and legs.is_conversion
        and not legs.is_sale
        and not legs.is_appointment
        and coalesce(legs.call_id = members.created_by_call_id, false) as is_creation,
        legs.is_refusal or legs.is_do_not_call as is_refusal
    from {{ ref('fct_calls') }} as legs
    inner join members
        on legs.lead_id = members.lead_id
    where legs.is_counted
),

-- An activity has no campaign of its own: it is one of its lead's.
activities as (
    select
        members.survivor_lead_id as lead_id,
        'activity-' || activities.activity_id as touch_id,
        activities.activity_type as touch_type,
        activities.activity_id,
        activities.occurred_at as touched_at,
        cast({{ utc_to_local('activities.occurred_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as touch_date,
        activities.agent_id,
        members.campaign_id,
        coalesce(activities.is_automated, false) as is_automated,
        coalesce(dispositions.is_refusal or dispositions.is_do_not_call, false) as is_refusal
    from {{ ref('stg_lead_activities') }} as activities
    inner join members
        on activities.lead_id = members.lead_id
    left join {{ ref('dispositions') }} as dispositions
        on activities.disposition_code = dispositions.code
    cross join {{ ref('int_run') }} as run
    where activities.occurred_at <= run.as_of
),

leads_with_a_log as (
    select distinct lead_id
    from activities
    where touch_type = 'call'
),

-- An activity of type `call` and a call of the same lead at most 5 minutes apart are one call. A window, and no join of the two, because each of many calls
-- would meet each of many activities of the lead.
call_log as (
    select
        lead_id,
        touch_id,
        {{ epoch_microseconds('touched_at') }} as touched_us,
        0 as calls
    from activities
    where touch_type = 'call'
    union all
    select
        lead_id,
        touch_id,
        {{ epoch_microseconds('touched_at') }} as touched_us,
        1 as calls
    from calls
    where lead_id in (select leads_with_a_log.lead_id from leads_with_a_log)
),

near_calls as (
    select
        touch_id,
        calls,
        sum(calls) over (
            partition by lead_id
            order by touched_us asc range between 300000000 preceding and 300000000 following
        ) as calls_within_5_minutes
    from call_log
),

placed_activities as (
    select
        activities.*,
        agents.team_id,
        near_calls.touch_id is not null as is_logged_call
    from activities
    left join {{ ref('int_agents__history') }} as agents
        on
            activities.agent_id = agents.agent_id
            and {{ in_force('agents', 'activities.touch_date') }}
    left join near_calls
        on
            activities.touch_id = near_calls.touch_id
            and near_calls.calls = 0
            and near_calls.calls_within_5_minutes > 0
),

final as (
    select
        lead_id,
        touch_id,
        touch_type,
        call_id,
        cast(null as {{ dbt.type_string() }}) as activity_id,
        touched_at,
        touch_date,
        agent_id,
        team_id,
        campaign_id,
        contact_list_id,
        is_attempt,
        false as is_automated,
        false as is_logged_call,
        is_contact_established,
        is_conversion,
        is_creation,
        is_refusal
    from calls
    union all
    select
        lead_id,
        touch_id,
        touch_type,
        cast(null as {{ dbt.type_string() }}) as call_id,
        activity_id,
        touched_at,
        touch_date,
        agent_id,
        team_id,
        campaign_id,
        cast(null as {{ dbt.type_string() }}) as contact_list_id,
        false as is_attempt,
        is_automated,
        is_logged_call,
        false as is_contact_established,
        false as is_conversion,
        false as is_creation,
        is_refusal
    from placed_activities
)

select * from final
