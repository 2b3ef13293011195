-- Per queue and day the KPI of calls offered is the sum of seven exclusive outcomes, counted from what the legs say and not from their flags.
with outcomes as (
    select
        legs.queue_id,
        legs.call_date,
        count(*) filter (where legs.outcome = 'answered') as answered,
        count(*) filter (where legs.outcome = 'abandoned') as abandoned,
        count(*) filter (where legs.outcome = 'voicemail') as voicemail,
        count(*) filter (where legs.outcome = 'callback_requested') as callback_requested,
        count(*) filter (where legs.outcome = 'overflowed') as overflowed,
        count(*) filter (where legs.outcome = 'timed_out') as timed_out,
        count(*) filter (where legs.outcome = 'failed') as failed,
        count(*) as legs
    from {{ ref('fct_calls') }} as legs
    cross join {{ ref('int_run') }} as run
    where
        legs.direction = 'inbound'
        and not legs.is_test
        and legs.started_at <= run.as_of
        and legs.queue_id is not null
        and legs.outcome not in ('abandoned_ivr', 'self_served', 'closed')
    group by legs.queue_id, legs.call_date
),

kpis as (
    select
        scope_id as queue_id,
        period_start as call_date,
        max(case when kpi_id = 'offered_calls' then numerator end) as offered_calls,
        max(case when kpi_id = 'answered_calls' then numerator end) as answered_calls,
        max(case when kpi_id = 'abandoned_calls' then numerator end) as abandoned_calls
    from {{ ref('kpi_values') }}
    where
        kpi_id in ('offered_calls', 'answered_calls', 'abandoned_calls')
        and grain = 'day'
        and scope_type = 'queue'
    group by scope_id, period_start
)

select
    coalesce(outcomes.queue_id, kpis.queue_id) as queue_id,
    coalesce(outcomes.call_date, kpis.call_date) as call_date,
    outcomes.legs,
    outcomes.answered,
    outcomes.abandoned,
    kpis.offered_calls,
    kpis.answered_calls,
    kpis.abandoned_calls
from outcomes
full outer join kpis
    on outcomes.queue_id = kpis.queue_id and outcomes.call_date = kpis.call_date
where
    not coalesce(
        kpis.offered_calls = outcomes.answered + outcomes.abandoned + outcomes.voicemail + outcomes.callback_requested
        + outcomes.overflowed + outcomes.timed_out + outcomes.failed,
        false
    )
    or not coalesce(kpis.offered_calls = outcomes.legs, false)
    or not coalesce(kpis.answered_calls = outcomes.answered, false)
    or not coalesce(kpis.abandoned_calls = outcomes.abandoned, false)
