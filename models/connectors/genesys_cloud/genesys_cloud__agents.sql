{{ connector_model() }}
-- One row per user and file who took part with a name or a team: as the newest conversation of the file has them.
with participants as (
    select
        conversations._file,
        conversations._row,
        conversations.ended_at,
        {{ json_text('lists.item', 'userId') }} as user_id,
        {{ json_text('lists.item', 'participantName') }} as participant_name,
        {{ json_text('lists.item', 'teamId') }} as team_id,
        {{ json_text('lists.item', 'purpose') }} as purpose
    from {{ ref('genesys_cloud__read_conversations') }} as conversations
    cross join lateral {{ json_items('conversations.participants') }} as lists
    where conversations._left_out_for is null
),

ranked as (
    select
        *,
        row_number() over (partition by _file, user_id order by ended_at desc, _row desc, participant_name asc, team_id asc) as newness
    from participants
    where
        purpose in ('agent', 'user')
        and user_id is not null
        and (participant_name is not null or team_id is not null)
)

select
    user_id as agent_id,
    participant_name as agent_name,
    team_id,
    ended_at as updated_at,
    _file,
    _row
from ranked
where newness = 1
