{{ connector_model() }}
-- One row per delivery of a rating, as offered or as given. A ticket that is rated again was asked about when it was first.
select
    ticket_id,
    requester_id,
    assignee_id,
    min({{ parse_instant('created_at') }}) over (partition by {{ first_folder('_file') }}, ticket_id) as asked_at,
    updated_at,
    case when lower(score) like 'good%' then 1 when lower(score) like 'bad%' then 0 end as score,
    _file,
    _row,
    case when lower(score) = 'unoffered' then 'the rating was never asked for' end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('zendesk', 'satisfaction_ratings') }}
