{{ connector_model() }}
-- One row per user and file who took part with a name or a team: as the newest conversation of the file that knows it has each. A conversation that leaves
-- the team out does not take it away: what has no team counts as older than any that has one.
with participants as (
    select
        conversations._file,
        conversations._row,
        conversations.ended_at,
        {{ json_text('lists.item', 'userId') }} as user_id,
        {{ json_text('lists.item', 'participantName') }} as participant_name,
        {{ json_text('lists.item', 'teamId') }} as team_id,
        {{ json_text('lists.item', 'purpose') }} as purpose,
        {{ ordering_key(['conversations.ended_at', 'conversations._row', 'lists.item_number']) }} as newness
    from {{ ref('genesys_cloud__read_conversations') }} as conversations
    cross join lateral {{ json_items('conversations.participants') }} as lists
    where conversations._left_out_for is null
)

select
    user_id as agent_id,
    {{ value_at_last('participant_name', 'case when participant_name is not null then newness end') }} as agent_name,
    {{ value_at_last('team_id', 'case when team_id is not null then newness end') }} as team_id,
    max(case when team_id is not null then ended_at end) as updated_at,
    _file,
    {{ value_at_last('_row', 'newness') }} as _row
from participants
where
    purpose in ('agent', 'user')
    and user_id is not null
    and (participant_name is not null or team_id is not null)
group by user_id, _file
