{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one handled inbound leg, on the scopes of its queue entry: the handle time that goes with the calls offered there.
{%- set measures = measures_of('load_measures') %}
with daily as (
    select
        call_date as measure_date,
        queue_id,
        queue_site,
        channel,
        source_channel,
        count(*) as load_handled_calls,
        sum(handle_seconds) as load_handle_seconds
    from {{ ref('fct_calls') }}
    where
        is_handled_inbound
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
