-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        call_date as measure_date,
        agent_id,
        team_id,
        count(*) as productive_contacts
    from callmart.marts.fct_calls
    where
        (
            is_handled_inbound
            or (is_outbound and is_contact_established)
        )
    group by call_date, agent_id, team_id
)

select
    measure_date,
    team_id as team,
    agent_id as agent,
    cast(productive_contacts as bigint) as productive_contacts
from daily
