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

-- The local days are within these, whatever the time zone.
utc_days as (
    select distinct spine.spine_date as utc_date
    from days
    cross join lateral {{ date_rows(plus_days('days.figure_date', -1), plus_days('days.figure_date', 1)) }} as spine
),

rejected as (
    select
        call_id,
        started_at,
        queue_id,
        direction,
        outcome,
        queued_at,
        row_number() over (partition by call_id order by updated_at desc nulls last, _landed_file desc, _row desc) as version_rank
    from {{ ref('landed_calls') }}
    where
        _rejected_for is not null
        and cast(started_at as date) in (select utc_days.utc_date from utc_days)
),

-- A rejected call that came again as it should is in use; one that came again as wrong is one call, unless nothing says that it is the same.
out_of_use as (
    select
        rejected.started_at,
        rejected.queue_id,
        rejected.direction,
        rejected.outcome,
        rejected.queue_id is not null or rejected.queued_at is not null as has_queue,
        'rejected' as fate
    from rejected
    left join {{ ref('fct_calls') }} as used
        on rejected.call_id = used.call_id
    where
        used.call_id is null
        and (rejected.version_rank = 1 or rejected.call_id is null)
    union all
    select
        landed.started_at,
        landed.queue_id,
        landed.direction,
        landed.outcome,
        landed.queue_id is not null or landed.queued_at is not null as has_queue,
        'superseded' as fate
    from {{ ref('landed_calls') }} as landed
    inner join {{ ref('superseded_records') }} as superseded
        on {{ is_superseded('calls') | indent(8) }}
    where
        landed._rejected_for is null
        and cast(landed.started_at as date) in (select utc_days.utc_date from utc_days)
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
