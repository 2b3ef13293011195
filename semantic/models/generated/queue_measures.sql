-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        call_date as measure_date,
        queue_id,
        queue_site,
        channel,
        source_channel,
        count(*) as offered_calls,
        count(*) filter (where is_answered) as answered_calls,
        count(*) filter (where is_abandoned) as abandoned_calls,
        count(*) filter (where is_answered or is_abandoned) as answered_or_abandoned_calls,
        count(*) filter (where is_short_abandon) as short_abandoned_calls,
        count(*) filter (where is_abandoned and not is_short_abandon) as net_abandoned_calls,
        count(*) filter (where not is_short_abandon) as net_offered_calls,
        count(*) filter (
            where is_answered or (is_abandoned and not is_short_abandon)
        ) as answered_or_net_abandoned_calls,
        count(*) filter (where is_answered_within_target) as answered_within_target_calls,
        count(*) filter (
            where is_answered_within_target or is_abandoned_within_target
        ) as answered_or_abandoned_within_target_calls,
        count(*) filter (
            where is_answered_within_target or is_abandoned_within_target or is_callback_requested_within_target
        ) as removed_within_target_calls,
        count(*) filter (
            where is_answered or (is_abandoned and not is_abandoned_within_target)
        ) as answered_or_abandoned_after_target_calls,
        count(*) filter (where is_answered_within_60_seconds) as answered_within_60_seconds_calls,
        count(*) filter (where is_answered_before_third_ring) as answered_before_third_ring_calls,
        coalesce(sum(wait_seconds) filter (where is_answered), 0) as answered_wait_seconds,
        count(*) filter (where is_answered and wait_seconds is not null) as answered_calls_with_known_wait,
        coalesce(sum(wait_seconds), 0) as offered_wait_seconds,
        count(*) filter (where wait_seconds is not null) as offered_calls_with_known_wait,
        coalesce(sum(wait_seconds) filter (where is_abandoned), 0) as abandoned_wait_seconds,
        count(*) filter (where is_abandoned and wait_seconds is not null) as abandoned_calls_with_known_wait
    from callmart.marts.fct_calls
    where
        is_offered
    group by call_date, queue_id, queue_site, channel, source_channel
)

select
    measure_date,
    queue_id as queue,
    queue_site as site,
    channel,
    source_channel,
    cast(offered_calls as bigint) as offered_calls,
    cast(answered_calls as bigint) as answered_calls,
    cast(abandoned_calls as bigint) as abandoned_calls,
    cast(answered_or_abandoned_calls as bigint) as answered_or_abandoned_calls,
    cast(short_abandoned_calls as bigint) as short_abandoned_calls,
    cast(net_abandoned_calls as bigint) as net_abandoned_calls,
    cast(net_offered_calls as bigint) as net_offered_calls,
    cast(answered_or_net_abandoned_calls as bigint) as answered_or_net_abandoned_calls,
    cast(answered_within_target_calls as bigint) as answered_within_target_calls,
    cast(answered_or_abandoned_within_target_calls as bigint) as answered_or_abandoned_within_target_calls,
    cast(removed_within_target_calls as bigint) as removed_within_target_calls,
    cast(answered_or_abandoned_after_target_calls as bigint) as answered_or_abandoned_after_target_calls,
    cast(answered_within_60_seconds_calls as bigint) as answered_within_60_seconds_calls,
    cast(answered_before_third_ring_calls as bigint) as answered_before_third_ring_calls,
    cast(answered_wait_seconds as bigint) as answered_wait_seconds,
    cast(answered_calls_with_known_wait as bigint) as answered_calls_with_known_wait,
    cast(offered_wait_seconds as bigint) as offered_wait_seconds,
    cast(offered_calls_with_known_wait as bigint) as offered_calls_with_known_wait,
    cast(abandoned_wait_seconds as bigint) as abandoned_wait_seconds,
    cast(abandoned_calls_with_known_wait as bigint) as abandoned_calls_with_known_wait
from daily
