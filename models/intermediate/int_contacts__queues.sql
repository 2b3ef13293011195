{{ config(materialized='incremental', meta={'touched': 'interactions', 'by': ['interaction_id']}) }}
-- One row per contact and queue it visited.
select
    legs.interaction_id,
    legs.queue_id,
    contacts.contact_date,
    max(legs.queue_site) as queue_site,
    bool_or(legs.is_abandoned) as is_abandoned,
    bool_or(legs.is_abandoned_before_queue) as is_abandoned_before_queue,
    bool_or(legs.is_picked_up_within_18_seconds) as is_picked_up_within_18_seconds
from {{ ref('fct_calls') }} as legs
inner join {{ ref('fct_contacts') }} as contacts
    on legs.interaction_id = contacts.interaction_id
where
    legs.is_inbound
    and legs.queue_id is not null
    and {{ is_touched('interactions', 'legs.interaction_id') | indent(4) }}
group by legs.interaction_id, legs.queue_id, contacts.contact_date
