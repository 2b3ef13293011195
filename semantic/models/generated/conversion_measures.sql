-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        call_date as measure_date,
        campaign_id,
        source_channel,
        agent_id,
        team_id,
        count(*) as handled_or_dialled_calls,
        count(*) filter (where is_conversion) as converting_calls_any_direction
    from callmart.marts.fct_calls
    where
        (
            is_handled
            or is_outbound
        )
    group by call_date, campaign_id, source_channel, agent_id, team_id
)

select
    measure_date,
    campaign_id as campaign,
    source_channel,
    team_id as team,
    agent_id as agent,
    cast(handled_or_dialled_calls as bigint) as handled_or_dialled_calls,
    cast(converting_calls_any_direction as bigint) as converting_calls_any_direction
from daily
