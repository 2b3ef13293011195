{{ connector_model() }}
-- One row per delivery of a conversation. A query that finds nothing answers with a page that has no conversations: a record without anything in it.
select
    conversationid as conversation_id,
    conversationstart as started_at,
    conversationend as ended_at,
    lower(originatingdirection) as originating_direction,
    lower(selfserved) as self_served,
    participants,
    surveys,
    _file,
    _row,
    case
        when conversationid is null and conversationstart is null and participants is null then 'a page without conversations'
        when conversationid is not null and conversationend is null then 'the conversation had not ended when it was exported'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('genesys_cloud', 'conversations') }}
