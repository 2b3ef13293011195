-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with daily as (
    select
        call_date as measure_date,
        queue_id,
        queue_site,
        channel,
        source_channel,
        count(*) as load_handled_calls,
        sum(handle_seconds) as load_handle_seconds
    from callmart.marts.fct_calls
    where
        is_handled_inbound
    group by call_date, queue_id, queue_site, channel, source_channel
)

select
    measure_date,
    queue_id as queue,
    queue_site as site,
    channel,
    source_channel,
    cast(load_handled_calls as bigint) as load_handled_calls,
    cast(load_handle_seconds as bigint) as load_handle_seconds
from daily
