-- One row per inbound contact and queue it visited, or per contact that met no queue. Contacts are counted distinct: one counts once in each queue and site
-- it visited, and once in all.
with visits as (
    select
        interaction_id,
        queue_id,
        case when queue_id is not null then max(queue_site) end as queue_site,
        bool_or(is_abandoned) as is_abandoned,
        bool_or(is_abandoned_before_queue) as is_abandoned_before_queue,
        bool_or(is_picked_up_within_18_seconds) as is_picked_up_within_18_seconds
    from callmart.marts.fct_calls
    where is_inbound
    group by interaction_id, queue_id
)

select
    contacts.contact_date as measure_date,
    visits.queue_id as queue,
    visits.queue_site as site,
    contacts.channel,
    contacts.source_channel,
    contacts.campaign_id as campaign,
    contacts.interaction_id,
    visits.is_abandoned,
    visits.is_abandoned_before_queue,
    visits.is_picked_up_within_18_seconds
from callmart.marts.fct_contacts as contacts
left join visits
    on contacts.interaction_id = visits.interaction_id
