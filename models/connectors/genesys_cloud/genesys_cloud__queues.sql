{{ connector_model() }}
-- One row per queue and file, by the name that its newest conversation in the file has.
with participants as (
    select
        conversations._file,
        conversations._row,
        conversations.ended_at,
        {{ json_text('lists.item', 'sessions[0].segments[0].queueId') }} as queue_id,
        {{ json_text('lists.item', 'participantName') }} as participant_name,
        {{ json_text('lists.item', 'purpose') }} as purpose
    from {{ ref('genesys_cloud__read_conversations') }} as conversations
    cross join lateral {{ json_items('conversations.participants') }} as lists
    where conversations._left_out_for is null
),

ranked as (
    select
        *,
        row_number() over (partition by _file, queue_id order by ended_at desc, _row desc, participant_name asc) as newness
    from participants
    where
        purpose = 'acd'
        and queue_id is not null
        and participant_name is not null
)

select
    queue_id,
    participant_name as queue_name,
    ended_at as updated_at,
    _file,
    _row
from ranked
where newness = 1
