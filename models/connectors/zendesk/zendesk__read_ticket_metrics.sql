{{ connector_model() }}
-- One row per delivery of a ticket's metrics: the newest counts.
with tickets as (
    select distinct
        {{ first_folder('_file') }} as folder,
        id
    from {{ source('zendesk', 'tickets') }}
    where id is not null
),

delivered as (
    select
        *,
        {{ first_folder('_file') }} as folder,
        row_number() over (
            partition by {{ first_folder('_file') }}, ticket_id order by {{ parse_instant('updated_at') }} desc nulls last, _file desc, _row desc
        ) as newest_first
    from {{ source('zendesk', 'ticket_metrics') }}
)

select
    delivered.folder,
    delivered.ticket_id,
    delivered.solved_at,
    delivered.status_updated_at,
    delivered.replies,
    delivered.reopens,
    delivered.reply_time_in_seconds,
    delivered.reply_time_in_minutes,
    delivered._file,
    delivered._row,
    case
        when tickets.id is null then 'the ticket was not exported'
        when delivered.newest_first > 1 then 'later metrics of the ticket count'
    end as _left_out_for,
    delivered.ticket_id as _made_into_id
from delivered
left join tickets
    on
        delivered.folder = tickets.folder
        and delivered.ticket_id = tickets.id
