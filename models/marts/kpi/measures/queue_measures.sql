{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one queue entry: what happened to the calls offered.
{%- set measures = measures_of('queue_measures') %}
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
    from {{ ref('fct_calls') }}
    where
        is_offered
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, queue_id, queue_site, channel, source_channel
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {'all': none, 'queue': 'queue_id', 'site': 'queue_site', 'channel': 'channel', 'source_channel': 'source_channel'},
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
