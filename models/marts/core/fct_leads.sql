-- One row per lead of the population: no test, spam or duplicate, and merged leads only as the lead they live on in. With every flag a KPI counts.
{%- set stages = {'created': 'created_at', 'contacted': 'contacted_at', 'qualified': 'qualified_at', 'converted': 'converted_at'} %}
with leads as (
    select
        milestones.*,
        {%- for stage, instant in stages.items() %}
        cast({{ utc_to_local('milestones.' ~ instant, "'" ~ var('reporting_timezone') ~ "'") }} as date) as {{ stage }}_date,
        {%- endfor %}
        'default' as business_hours_id,
        '{{ var('reporting_timezone') }}' as timezone,
        {{ plus_seconds('milestones.created_at', var('lead_conversion_days') ~ ' * 86400') }} as conversion_window_ends_at,
        run.as_of
    from {{ ref('int_leads__milestones') }} as milestones
    cross join {{ ref('int_run') }} as run
),

followed as (
    select
        lead_id,
        count(*) as follow_ups,
        min(touched_at) as first_follow_up_at,
        bool_or(is_last_follow_up_before_conversion) as is_converted_after_follow_up
    from {{ ref('fct_lead_touches') }}
    where is_follow_up
    group by lead_id
),

final as (
    select
        leads.*,
        {%- for stage in stages %}
        {{ stage }}_owners.team_id as {{ stage }}_team_id,
        {%- endfor %}
        {{ seconds_between('leads.created_at', 'leads.first_attempt_at') }} as response_seconds,
        {{ opening_seconds('at_creation', 'leads.created_at', 'at_attempt', 'leads.first_attempt_at') }} as response_opening_seconds,
        coalesce(followed.follow_ups, 0) as follow_ups,
        followed.first_follow_up_at,
        leads.contacted_at is not null
        and not leads.is_converted
        and leads.created_by_call_at is null
        and not leads.is_refused as is_due_follow_up,
        coalesce(
            followed.first_follow_up_at <= {{ plus_seconds('leads.contacted_at', var('follow_up_days') ~ ' * 86400') }}, false
        ) as is_followed_up_in_time,
        coalesce(followed.is_converted_after_follow_up, false) as is_converted_after_follow_up
    from leads
    left join followed
        on leads.lead_id = followed.lead_id
    {{ join_opening_hours('leads', 'created_at', 'at_creation') }}
    {{ join_opening_hours('leads', 'first_attempt_at', 'at_attempt') }}
    {%- for stage in stages %}
    left join {{ ref('int_agents__history') }} as {{ stage }}_owners
        on
            leads.owner_agent_id = {{ stage }}_owners.agent_id
            and {{ in_force(stage ~ '_owners', 'leads.' ~ stage ~ '_date') }}
    {%- endfor %}
)

select
    cast(lead_id as {{ dbt.type_string() }}) as lead_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(owner_agent_id as {{ dbt.type_string() }}) as owner_agent_id,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(industry as {{ dbt.type_string() }}) as industry,
    cast(company_size as {{ dbt.type_string() }}) as company_size,
    cast(created_by_call_id as {{ dbt.type_string() }}) as created_by_call_id,
    cast(status as {{ dbt.type_string() }}) as status,
    cast(created_at as timestamp) as created_at,
    cast(created_date as date) as created_date,
    cast(created_team_id as {{ dbt.type_string() }}) as created_team_id,
    cast(attempts as bigint) as attempts,
    cast(first_attempt_at as timestamp) as first_attempt_at,
    cast(response_seconds as bigint) as response_seconds,
    cast(response_opening_seconds as bigint) as response_opening_seconds,
    cast(contacted_at as timestamp) as contacted_at,
    cast(contacted_date as date) as contacted_date,
    cast(contacted_team_id as {{ dbt.type_string() }}) as contacted_team_id,
    cast(qualified_at as timestamp) as qualified_at,
    cast(qualified_date as date) as qualified_date,
    cast(qualified_team_id as {{ dbt.type_string() }}) as qualified_team_id,
    cast(case
        when qualified_at >= contacted_at then {{ seconds_between('contacted_at', 'qualified_at') }}
    end as bigint) as qualification_seconds,
    cast(converted_at as timestamp) as converted_at,
    cast(converted_date as date) as converted_date,
    cast(converted_team_id as {{ dbt.type_string() }}) as converted_team_id,
    cast(case
        when converted_at >= contacted_at then {{ seconds_between('contacted_at', 'converted_at') }}
    end as bigint) as conversion_seconds,
    cast(first_conversion_at as timestamp) as first_conversion_at,
    cast(follow_ups as bigint) as follow_ups,
    cast(first_follow_up_at as timestamp) as first_follow_up_at,
    cast(first_attempt_at is not null as boolean) as is_called,
    cast(attempts = 0 as boolean) as is_never_called,
    cast(contacted_at is not null as boolean) as is_contacted,
    cast(qualified_at is not null or coalesce(status = 'qualified', false) as boolean) as is_qualified,
    cast(is_converted as boolean) as is_converted,
    cast(created_by_call_at is not null as boolean) as is_converted_at_creation,
    cast(coalesce(status = 'rejected', false) as boolean) as is_rejected,
    cast(is_refused as boolean) as is_refused,
    cast(is_due_follow_up as boolean) as is_due_follow_up,
    cast(is_due_follow_up and is_followed_up_in_time as boolean) as is_due_and_followed_up,
    cast(is_converted_after_follow_up as boolean) as is_converted_after_follow_up,
    cast(conversion_window_ends_at <= as_of as boolean) as is_mature_for_conversion,
    cast(conversion_window_ends_at <= as_of and coalesce(first_conversion_at <= conversion_window_ends_at, false) as boolean)
        as is_converted_in_window
from final
