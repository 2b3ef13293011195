-- Which reasons make customers call again within the window of first contact resolution?
-- Quels motifs font rappeler les clients dans le délai de résolution au premier contact ?
--
-- One row per contact reason. Only contacts whose window has passed count; a repeat is another contact of the same
-- customer for the same reason.
with contacts as (
    select
        coalesce(contact_reason, 'unknown') as contact_reason,
        is_resolved_at_first_contact,
        is_first_contact
    from {{ ref('fct_contacts') }}
    where is_mature
)

select
    contact_reason,
    count(*) as contacts,
    count(*) filter (where not is_first_contact) as repeat_contacts,
    100.0 * count(*) filter (where not is_first_contact) / count(*) as repeat_rate,
    count(*) filter (where is_resolved_at_first_contact) as resolved_at_first_contact,
    100.0 * count(*) filter (where is_resolved_at_first_contact)
    / nullif(count(*) filter (where is_first_contact), 0) as first_contact_resolution,
    100.0 * count(*) filter (where not is_first_contact) / sum(count(*) filter (where not is_first_contact)) over ()
        as share_of_repeats
from contacts
group by contact_reason
order by repeat_contacts desc, contact_reason asc

-- Conclude: the reason with the largest share of repeats is where one better answer saves most calls; a high rate with a
-- small share is a broken process that few customers meet.
