{{ connector_model() }}
-- One row per delivery of an event of a ticket's metrics. The first reply is all that is read of them.
with tickets as (
    select distinct
        {{ first_folder('_file') }} as folder,
        id
    from {{ source('zendesk', 'tickets') }}
    where id is not null
),

told as (
    select
        *,
        {{ first_folder('_file') }} as folder,
        {{ parse_instant('time') }} as event_at,
        coalesce(lower(metric) = 'reply_time' and lower(type) = 'fulfill' and coalesce(lower(deleted), '') <> 'true', false) as is_reply
    from {{ source('zendesk', 'ticket_metric_events') }}
),

numbered as (
    select
        *,
        row_number() over (partition by folder, ticket_id, is_reply order by event_at asc nulls last, _file asc, _row asc) as event_number
    from told
)

select
    numbered.folder,
    numbered.ticket_id,
    numbered.event_at as first_reply_at,
    numbered._file,
    numbered._row,
    case
        when not numbered.is_reply then 'the event is not that of a reply'
        when tickets.id is null then 'the ticket was not exported'
        when numbered.event_number > 1 then 'the first reply counts'
    end as _left_out_for,
    numbered.ticket_id as _made_into_id
from numbered
left join tickets
    on
        numbered.folder = tickets.folder
        and numbered.ticket_id = tickets.id
