{{ config(materialized='incremental', meta={'touched': 'contacts', 'by': ['interaction_id']}) }}
-- One row per customer contact that came in, whatever the number of its legs: the grain of volumes and of first contact resolution.
with contacts as (
    select
        contacts.*,
        repeats.has_earlier_for_same_reason,
        repeats.is_repeated_for_same_reason,
        repeats.is_repeated,
        contacts.is_answered
        and repeats.interaction_id is not null
        and {{ plus_seconds('contacts.started_at', var('fcr_window_days') ~ ' * 86400') }} <= run.as_of as is_mature
    from {{ ref('int_contacts__from_legs') }} as contacts
    left join {{ ref('int_contacts__repeats') }} as repeats
        on contacts.interaction_id = repeats.interaction_id
    cross join {{ ref('int_run') }} as run
    where {{ is_touched('contacts', 'contacts.interaction_id') | indent(4) }}
),

final as (
    select
        *,
        is_mature and not has_earlier_for_same_reason as is_first_contact
    from contacts
)

select
    cast(interaction_id as {{ dbt.type_string() }}) as interaction_id,
    cast(contact_date as date) as contact_date,
    cast(started_at as timestamp) as started_at,
    cast(channel as {{ dbt.type_string() }}) as channel,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(contact_reason as {{ dbt.type_string() }}) as contact_reason,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(agent_site as {{ dbt.type_string() }}) as agent_site,
    cast(legs as bigint) as legs,
    cast(is_callback as boolean) as is_callback,
    cast(is_answered as boolean) as is_answered,
    cast(is_abandoned as boolean) as is_abandoned,
    cast(is_abandoned_before_queue as boolean) as is_abandoned_before_queue,
    cast(is_picked_up_within_18_seconds as boolean) as is_picked_up_within_18_seconds,
    cast(is_resolved as boolean) as is_resolved,
    cast(is_escalated as boolean) as is_escalated,
    cast(is_mature as boolean) as is_mature,
    cast(is_mature and not is_repeated as boolean) as is_not_repeated,
    cast(is_first_contact as boolean) as is_first_contact,
    cast(
        is_first_contact
        and coalesce(is_resolved, false)
        and not is_escalated
        and not is_repeated_for_same_reason as boolean
    ) as is_resolved_at_first_contact
from final
