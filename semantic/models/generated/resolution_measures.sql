-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        contact_date as measure_date,
        queue_id,
        agent_id,
        team_id,
        agent_site,
        count(*) as mature_contacts,
        count(*) filter (where is_not_repeated) as not_repeated_contacts,
        count(*) filter (where is_first_contact) as first_contacts,
        count(*) filter (where is_resolved_at_first_contact) as contacts_resolved_at_first
    from callmart.marts.fct_contacts
    where
        is_mature
    group by contact_date, queue_id, agent_id, team_id, agent_site
)

select
    measure_date,
    queue_id as queue,
    team_id as team,
    agent_id as agent,
    agent_site as site,
    cast(mature_contacts as bigint) as mature_contacts,
    cast(not_repeated_contacts as bigint) as not_repeated_contacts,
    cast(first_contacts as bigint) as first_contacts,
    cast(contacts_resolved_at_first as bigint) as contacts_resolved_at_first
from daily
