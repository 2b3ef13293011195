-- How long does a new agent take to become as quick as the others, and does quality hold?
-- Combien de temps faut-il à un nouvel agent pour être aussi rapide que les autres, et la qualité suit-elle ?
--
-- One row per class of tenure on the day of the call. Agents are not named: this is about training, not about persons.
with agents as (
    select
        agent_id,
        min(hired_on) as hired_on
    from {{ ref('dim_agents') }}
    group by agent_id
),

days as (
    select
        daily.agent_id,
        daily.handled_inbound_calls,
        daily.handle_seconds,
        daily.resolved_calls,
        daily.handled_inbound_calls_with_known_resolution,
        case
            when agents.hired_on is null then '5 unknown'
            when daily.call_date < agents.hired_on + interval 3 month then '1 under 3 months'
            when daily.call_date < agents.hired_on + interval 12 month then '2 3 to 12 months'
            when daily.call_date < agents.hired_on + interval 36 month then '3 1 to 3 years'
            else '4 over 3 years'
        end as tenure
    from {{ ref('agent_daily') }} as daily
    left join agents on daily.agent_id = agents.agent_id
    where daily.handled_inbound_calls > 0
)

select
    tenure,
    count(distinct agent_id) as agents,
    sum(handled_inbound_calls) as handled_inbound_calls,
    sum(handle_seconds) / sum(handled_inbound_calls) as average_handle_time,
    100.0 * sum(resolved_calls) / nullif(sum(handled_inbound_calls_with_known_resolution), 0) as resolution_rate
from days
group by tenure
order by tenure

-- Conclude: plan new agents with the handle time of their first class, not with the centre's. Quick and unresolved is not
-- quick: read the two columns together.
