{{ connector_model() }}
-- One row per worker: as the newest event has them.
with events as (
    select
        worker_sid,
        worker_name,
        coalesce({{ json_text('worker_attributes', 'team_name') }}, {{ json_text('worker_attributes', 'team_id') }}) as team,
        {{ json_text('worker_attributes', 'location') }} as place,
        event_at,
        _file,
        _row,
        row_number() over (partition by folder, worker_sid order by event_at desc, _file desc, _row desc) as newness
    from {{ ref('twilio__read_events') }}
    where
        _left_out_for is null
        and worker_sid is not null
        and worker_name is not null
)

select
    worker_sid as agent_id,
    worker_name as agent_name,
    team as team_id,
    place as site,
    {{ instant_text('event_at') }} as updated_at,
    _file,
    _row
from events
where newness = 1
