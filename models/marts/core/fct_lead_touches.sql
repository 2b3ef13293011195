-- One row per touch of a lead: an outbound attempt, or an activity that is not the log of a call. Touches of merged leads are those of the lead they live on
-- in.
with touches as (
    select
        touches.*,
        coalesce(touches.touched_at > leads.contacted_at and not touches.is_automated, false) as is_follow_up,
        -- The outbound call that created a lead converted it then.
        least(leads.first_conversion_at, leads.created_by_call_at) as first_conversion_at
    from {{ ref('int_leads__touches') }} as touches
    inner join {{ ref('int_leads__milestones') }} as leads
        on touches.lead_id = leads.lead_id
    where
        (touches.call_id is null or touches.is_attempt)
        and not touches.is_logged_call
),

-- The follow-up a lead's first conversion is owed to: the last one at or before it, the converting call itself before another touch at the same instant.
conversions as (
    select
        lead_id,
        {{ value_at_last('touch_id', ordering_key(['touched_at', 'is_conversion', 'touch_id'])) }} as touch_id
    from touches
    where
        is_follow_up
        and touched_at <= first_conversion_at
    group by lead_id
),

first_follow_ups as (
    select
        lead_id,
        min(touched_at) as first_follow_up_at
    from touches
    where is_follow_up
    group by lead_id
),

final as (
    select
        touches.*,
        conversions.touch_id is not null as is_before_conversion,
        touches.is_follow_up
        and coalesce(first_follow_ups.first_follow_up_at <= touches.first_conversion_at, true) as is_of_unconverted_lead
    from touches
    left join first_follow_ups
        on touches.lead_id = first_follow_ups.lead_id
    left join conversions
        on touches.touch_id = conversions.touch_id
)

select
    cast(touch_id as {{ dbt.type_string() }}) as touch_id,
    cast(lead_id as {{ dbt.type_string() }}) as lead_id,
    cast(touch_type as {{ dbt.type_string() }}) as touch_type,
    cast(call_id as {{ dbt.type_string() }}) as call_id,
    cast(activity_id as {{ dbt.type_string() }}) as activity_id,
    cast(touched_at as timestamp) as touched_at,
    cast(touch_date as date) as touch_date,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(contact_list_id as {{ dbt.type_string() }}) as contact_list_id,
    cast(is_attempt as boolean) as is_attempt,
    cast(is_automated as boolean) as is_automated,
    cast(is_contact_established as boolean) as is_contact_established,
    cast(is_conversion as boolean) as is_conversion,
    cast(is_refusal as boolean) as is_refusal,
    cast(is_follow_up as boolean) as is_follow_up,
    cast(is_of_unconverted_lead as boolean) as is_follow_up_of_unconverted_lead,
    cast(is_before_conversion as boolean) as is_last_follow_up_before_conversion
from final
