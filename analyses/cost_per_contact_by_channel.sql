-- What does a contact cost on each channel, in agents' time?
-- Que coûte un contact sur chaque canal, en temps d'agent ?
--
-- One row per channel. The cost is the known talk, hold and wrap of the handled legs: multiply the minutes by your own cost
-- of an agent's minute.
with legs as (
    select
        channel,
        count(*) as handled_legs,
        coalesce(sum(handle_seconds), 0) as handle_seconds
    from {{ ref('fct_calls') }}
    where is_handled_inbound
    group by channel
),

contacts as (
    select
        channel,
        count(*) as contacts,
        count(*) filter (where is_answered) as answered_contacts,
        count(*) filter (where is_resolved) as resolved_contacts
    from {{ ref('fct_contacts') }}
    group by channel
)

select
    contacts.channel,
    contacts.contacts,
    contacts.answered_contacts,
    contacts.resolved_contacts,
    coalesce(legs.handled_legs, 0) as handled_legs,
    legs.handle_seconds / 60.0 / nullif(contacts.answered_contacts, 0) as minutes_per_answered_contact,
    legs.handle_seconds / 60.0 / nullif(contacts.resolved_contacts, 0) as minutes_per_resolved_contact
from contacts
left join legs on contacts.channel = legs.channel
order by contacts.contacts desc, contacts.channel asc

-- Conclude: compare channels by the minutes per *resolved* contact; a cheap contact that does not resolve is paid twice.
