-- One row per local day with a vendor's figure, queue, and way a call is in our figures or out of them: how many such calls each figure would count.
with days as (
    select distinct figure_date
    from {{ ref('int_vendor_figures') }}
),

in_use as (
    select
        call_date,
        queue_id,
        direction,
        outcome,
        queue_id is not null or queued_at is not null as has_queue,
        case
            when direction = 'internal' then 'internal'
            when is_test then 'test'
            when not is_counted then 'after_as_of'
            when outcome = 'closed' then 'out_of_hours'
            when outcome in ('abandoned_ivr', 'self_served') then 'before_queue'
            when is_short_abandon then 'short_abandon'
            when is_inbound and previous_call_id is not null then 'transferred_in'
            else 'plain'
        end as fate
    from {{ ref('fct_calls') }}
    where call_date in (select days.figure_date from days)
),

out_of_use as (
    select
        landed.started_at,
        landed.queue_id,
        landed.direction,
        landed.outcome,
        landed.queue_id is not null or landed.queued_at is not null as has_queue,
        case when landed._rejected_for is not null then 'rejected' else 'superseded' end as fate
    from {{ ref('landed_calls') }} as landed
    left join {{ ref('superseded_records') }} as superseded
        on
            superseded.raw_table = 'calls'
            and landed._landed_file = superseded._landed_file
            and landed._row = superseded._row
    where
        exists (select 1 from days)
        and (landed._rejected_for is not null or superseded._row is not null)
),

placed as (
    select
        cast({{ plus_seconds('calls.started_at', "case
            when calls.started_at < zones.offset_changes_at then zones.offset_before_seconds
            else zones.offset_after_seconds
        end") }} as date) as call_date,
        calls.queue_id,
        calls.direction,
        calls.outcome,
        calls.has_queue,
        calls.fate
    from out_of_use as calls
    left join {{ ref('int_queues') }} as queues
        on calls.queue_id = queues.queue_id
    inner join {{ ref('int_timezone_days') }} as zones
        on
            zones.timezone = coalesce(queues.timezone, '{{ var('reporting_timezone') }}')
            and zones.utc_date = cast(calls.started_at as date)
),

calls as (
    select * from in_use
    union all
    select
        call_date,
        queue_id,
        direction,
        outcome,
        has_queue,
        fate
    from placed
    where call_date in (select days.figure_date from days)
)

select
    call_date,
    queue_id,
    fate,
    count(*) filter (where direction <> 'outbound' and has_queue) as offered_calls,
    count(*) filter (where direction <> 'outbound' and has_queue and outcome = 'answered') as answered_calls,
    count(*) filter (
        where direction <> 'outbound' and (has_queue and outcome = 'abandoned' or fate = 'before_queue' and outcome = 'abandoned_ivr')
    ) as abandoned_calls,
    count(*) filter (where direction = 'outbound') as outbound_calls
from calls
group by call_date, queue_id, fate
