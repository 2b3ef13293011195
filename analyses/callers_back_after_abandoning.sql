-- Who calls back after hanging up in the queue, how soon, and do they get through then?
-- Qui rappelle après avoir abandonné dans la file, au bout de combien de temps, et obtient-il une réponse ?
--
-- One row per length of the wait before hanging up. Only callers whose customer is known can be followed; the last day of
-- the data is left out, because its callers have had no day to come back.
with abandoned as (
    select
        call_id,
        customer_id,
        interaction_id,
        ended_at,
        case
            when wait_seconds is null then 'unknown'
            when wait_seconds <= 10 then '0 to 10 s'
            when wait_seconds <= 30 then '11 to 30 s'
            when wait_seconds <= 60 then '31 to 60 s'
            else 'over 60 s'
        end as waited
    from {{ ref('fct_calls') }}
    where
        is_abandoned
        and customer_id is not null
        and call_date < (select max(calls.call_date) from {{ ref('fct_calls') }} as calls)
),

returns as (
    select
        abandoned.call_id,
        min(contacts.started_at) as returned_at,
        min_by(contacts.is_answered, contacts.started_at) as is_answered_then
    from abandoned
    inner join {{ ref('fct_contacts') }} as contacts
        on
            abandoned.customer_id = contacts.customer_id
            and abandoned.interaction_id <> contacts.interaction_id
            and abandoned.ended_at <= contacts.started_at
            and abandoned.ended_at + interval 24 hour >= contacts.started_at
    group by abandoned.call_id
)

select
    abandoned.waited,
    count(*) as abandoned_calls,
    count(returns.call_id) as called_back_within_24_hours,
    count(*) filter (where returns.returned_at <= abandoned.ended_at + interval 1 hour) as called_back_within_1_hour,
    count(*) filter (where returns.is_answered_then) as answered_then,
    100.0 * count(returns.call_id) / count(*) as call_back_rate,
    100.0 * count(*) filter (where returns.is_answered_then) / nullif(count(returns.call_id), 0) as answered_then_rate
from abandoned
left join returns on abandoned.call_id = returns.call_id
group by abandoned.waited
order by abandoned.waited

-- Conclude: callers who come back count twice in the load, so answering them the first time costs less than it seems;
-- those who do not come back are the demand that is lost, and a callback offer is worth most where they are many.
