{{ connector_model() }}
-- One row per visit of a conversation to a queue, with the agent who took it; per further agent; per attempt to call somebody; and per conversation that met
-- none of these.
{%- set text = dbt.type_string() %}
{%- set in_order = "partition by _file, _row order by case when leg_type = 'callback' then 1 else 0 end, started_at nulls last, session_id" %}
{%- set so_far = in_order ~ ' rows between unbounded preceding and 1 preceding' %}
with conversations as (
    select *
    from {{ ref('genesys_cloud__read_conversations') }}
    where _left_out_for is null
),

parties as (
    select *
    from {{ ref('genesys_cloud__parties') }}
),

-- The customer, or who began a conversation without one.
principals as (
    select
        *,
        row_number() over (
            partition by _file, _row
            order by case when purpose in ('customer', 'external') then 0 else 1 end, participant_number, party_number
        ) as party_rank
    from parties
),

contacts as (
    select
        conversations._file,
        conversations._row,
        conversations.conversation_id,
        conversations.self_served,
        {{ parse_instant('conversations.started_at') }} as started_at,
        {{ parse_instant('conversations.ended_at') }} as ended_at,
        case
            when principals.purpose not in ('customer', 'external') then 'internal'
            else coalesce(conversations.originating_direction, 'inbound')
        end as direction,
        principals.session_id,
        principals.media_type,
        principals.message_type,
        replace(principals.ani, 'tel:', '') as ani,
        replace(principals.dnis, 'tel:', '') as dnis,
        principals.disconnect_type,
        principals.left_at
    from conversations
    left join principals
        on {{ genesys_cloud_same_conversation('conversations', 'principals') }}
            and principals.party_rank = 1
),

-- What holds for the conversation as a whole.
traits as (
    select
        _file,
        _row,
        {%- for name in [
            'updated_at', 'external_contact_id', 'outcome_by_flow', 'recording', 'campaign_id', 'contact_list_id', 'contact_record_id', 'analysis', 'met_busy',
            'met_invalid_number',
        ] %}
        max({{ name }}) as {{ name }},
        {%- endfor %}
        max(case when is_failed and purpose not in ('agent', 'user') then 1 else 0 end) as is_failed,
        max(coalesce(noutboundabandoned, 0)) as outbound_abandons,
        max(case when disconnect_type = 'uncallable' then 1 else 0 end) as is_uncallable,
        max(case when purpose = 'voicemail' then started_at end) as voicemail_at,
        max(case when has_callback then started_at end) as callback_at,
        max(case when purpose in ('agent', 'user') then 1 else 0 end) as has_agent,
        sum(tivr) as ivr_milliseconds
    from parties
    group by _file, _row
),

-- Whom an agent who spoke came from: the last visit to the agent's queue before. The first one who speaks took the visit, the next ones came by a transfer.
agents as (
    select
        parties.*,
        visits.participant_number as visit_participant_number,
        visits.party_number as visit_party_number,
        row_number() over (
            partition by parties._file, parties._row, parties.participant_number
            order by visits.started_at desc nulls last, visits.participant_number desc
        ) as visit_rank
    from parties
    left join parties as visits
        on {{ genesys_cloud_same_conversation('parties', 'visits') }}
            and visits.purpose = 'acd'
            and visits.media_type <> 'callback'
            and parties.queue_id = visits.queue_id
            and parties.started_at >= visits.started_at
    where
        parties.purpose in ('agent', 'user')
        and (parties.interacted_at is not null or parties.is_dialled)
),

turns as (
    select
        *,
        row_number() over (
            partition by _file, _row, visit_participant_number, visit_party_number
            order by case when has_callback or interacted_at is null then 1 else 0 end asc, interacted_at asc nulls last, participant_number asc
        ) as visit_turn,
        row_number() over (
            partition by _file, _row order by case when interacted_at is null then 1 else 0 end asc, started_at asc nulls last, participant_number asc
        ) as turn
    from agents
    where visit_rank = 1
),

found as (
    -- A visit to a queue.
    select
        parties._file,
        parties._row,
        'visit' as leg_type,
        parties.session_id,
        parties.media_type,
        parties.message_type,
        parties.started_at,
        parties.interacted_at as queued_at,
        parties.queue_id,
        parties.left_at,
        parties.disconnect_type,
        coalesce(parties.twait, parties.tacd, parties.tabandon, parties.tflowout) as wait_milliseconds,
        parties.tabandon is not null as is_abandoned,
        parties.is_failed,
        parties.issued_callback,
        turns.participant_number as agent_number
    from parties
    inner join contacts
        on {{ genesys_cloud_same_conversation('parties', 'contacts') }}
            and contacts.direction = 'inbound'
    left join turns
        on {{ genesys_cloud_same_conversation('parties', 'turns') }}
            and parties.participant_number = turns.visit_participant_number
            and parties.party_number = turns.visit_party_number
            and turns.visit_turn = 1
            and turns.interacted_at is not null
            and not turns.has_callback
    where
        parties.purpose = 'acd'
        and parties.media_type <> 'callback'
    union all
    -- An agent who took no visit: by a transfer, a consultation, a direct number; who made a callback; or who came after the first of a call that went out.
    select
        turns._file,
        turns._row,
        case when turns.has_callback then 'callback' else 'agent' end as leg_type,
        turns.session_id,
        turns.media_type,
        turns.message_type,
        turns.started_at,
        cast(null as timestamp) as queued_at,
        case when turns.has_callback then turns.queue_id end as queue_id,
        turns.left_at,
        turns.disconnect_type,
        cast(null as decimal(38, 3)) as wait_milliseconds,
        false as is_abandoned,
        turns.is_failed,
        cast(null as {{ text }}) as issued_callback,
        turns.participant_number as agent_number
    from turns
    inner join contacts
        on {{ genesys_cloud_same_conversation('turns', 'contacts') }}
    where
        case
            when contacts.direction <> 'inbound' then turns.turn > 1 and turns.interacted_at is not null and contacts.direction = 'outbound'
            when turns.has_callback then true
            else turns.interacted_at is not null and (turns.visit_participant_number is null or turns.visit_turn > 1)
        end
),

placed as (
    select distinct
        _file,
        _row
    from found
),

legs as (
    select * from found
    union all
    -- The conversation itself, when it went out, stayed inside, or met neither a queue nor an agent.
    select
        contacts._file,
        contacts._row,
        'contact' as leg_type,
        coalesce(contacts.session_id, contacts.conversation_id) as session_id,
        contacts.media_type,
        contacts.message_type,
        contacts.started_at,
        cast(null as timestamp) as queued_at,
        turns.queue_id,
        coalesce(contacts.left_at, contacts.ended_at) as left_at,
        contacts.disconnect_type,
        cast(null as decimal(38, 3)) as wait_milliseconds,
        false as is_abandoned,
        false as is_failed,
        cast(null as {{ text }}) as issued_callback,
        turns.participant_number as agent_number
    from contacts
    left join turns
        on {{ genesys_cloud_same_conversation('contacts', 'turns') }}
            and turns.turn = 1
            and contacts.direction <> 'inbound'
    left join placed
        on {{ genesys_cloud_same_conversation('contacts', 'placed') }}
    where
        contacts.direction <> 'inbound'
        or placed._file is null
),

joined as (
    select
        legs.*,
        contacts.conversation_id,
        contacts.direction as contact_direction,
        contacts.started_at as contact_started_at,
        contacts.self_served,
        contacts.ani,
        contacts.dnis,
        contacts.disconnect_type as customer_disconnect_type,
        {%- for name in [
            'outcome_by_flow', 'external_contact_id', 'recording', 'campaign_id', 'contact_list_id', 'contact_record_id', 'analysis',
            'met_busy', 'met_invalid_number',
        ] %}
        traits.{{ name }},
        {%- endfor %}
        traits.is_failed as is_contact_failed,
        {%- for name in ['outbound_abandons', 'is_uncallable', 'voicemail_at', 'callback_at', 'has_agent', 'ivr_milliseconds'] %}
        traits.{{ name }},
        {%- endfor %}
        greatest(traits.updated_at, contacts.ended_at) as updated_at,
        turns.user_id,
        turns.interacted_at,
        turns.left_at as agent_left_at,
        turns.disconnect_type as agent_disconnect_type,
        turns.wrap_up_code
        {%- for name in ['tanswered', 'talert', 'ttalk', 'theld', 'tacw'] %},
        turns.{{ name }}
        {%- endfor %}
    from legs
    inner join contacts
        on {{ genesys_cloud_same_conversation('legs', 'contacts') }}
    left join traits
        on {{ genesys_cloud_same_conversation('legs', 'traits') }}
    left join turns
        on {{ genesys_cloud_same_conversation('legs', 'turns') }}
            and legs.agent_number = turns.participant_number
),

ordered as (
    select
        *,
        row_number() over ({{ in_order }}) as leg_number,
        lead(leg_type) over ({{ in_order }}) as next_leg_type,
        max(case when interacted_at is not null then 1 else 0 end) over ({{ so_far }}) as is_answered_before,
        max(case when agent_disconnect_type like '%transfer' then agent_left_at end) over ({{ so_far }}) as transferred_at_before
    from joined
),

-- While an agent stays on the line, whoever is called in is consulted: the customer has not moved on.
directed as (
    select
        *,
        case
            when leg_type = 'callback' then 'outbound'
            when contact_direction = 'outbound' and leg_type <> 'contact' then 'internal'
            when
                leg_type <> 'contact'
                and coalesce(is_answered_before, 0) = 1
                and coalesce(coalesce(agent_left_at, left_at) <= transferred_at_before, true)
                then 'internal'
            else contact_direction
        end as direction
    from ordered
),

decided as (
    select
        *,
        lag(session_id) over (partition by _file, _row, direction order by leg_number) as session_id_before,
        case
            when direction = 'outbound'
                then case
                    when analysis like '%.machine' or analysis like '%.fax' or analysis in ('machine', 'fax') then 'answering_machine'
                    when interacted_at is not null then 'answered'
                    when outbound_abandons > 0 or analysis like '%.person' or analysis = 'person' then 'dialer_dropped'
                    when analysis like '%.busy' or analysis = 'busy' or met_busy = 1 then 'busy'
                    when analysis like '%.sit' or analysis like '%.uncallable%' or analysis = 'sit' or is_uncallable = 1 or met_invalid_number = 1
                        then 'invalid_number'
                    when agent_disconnect_type = 'client' then 'agent_abandoned'
                    when is_contact_failed = 1 then 'failed'
                    else 'no_answer'
                end
            when interacted_at is not null then 'answered'
            when outcome_by_flow is not null and next_leg_type is null then outcome_by_flow
            when is_abandoned then 'abandoned'
            when leg_type = 'contact' and media_type = 'callback' then 'callback_requested'
            when issued_callback = 'true' or callback_at >= started_at or next_leg_type = 'callback' then 'callback_requested'
            when voicemail_at >= started_at and next_leg_type is null then 'voicemail'
            when leg_type = 'contact'
                then case
                    when self_served = 'true' then 'self_served'
                    when is_contact_failed = 1 then 'failed'
                    when has_agent = 1 then 'abandoned'
                    when customer_disconnect_type in ('endpoint', 'client') then 'abandoned_ivr'
                    else 'self_served'
                end
            when next_leg_type is not null then 'overflowed'
            when is_failed then 'failed'
            when disconnect_type = 'timeout' then 'timed_out'
            when disconnect_type like '%transfer' then 'overflowed'
            else 'abandoned'
        end as outcome
    from directed
)

select
    case when conversation_id is not null then session_id end as call_id,
    conversation_id as interaction_id,
    case when direction = 'inbound' then session_id_before end as previous_call_id,
    direction,
    case
        when media_type in ('chat', 'email') then media_type
        when media_type <> 'message' or media_type is null then 'voice'
        when message_type = 'sms' then 'sms'
        when message_type in ('facebook', 'twitter', 'line', 'whatsapp', 'instagram', 'apple') then 'social'
        else 'chat'
    end as channel,
    outcome,
    {{ instant_text('case when leg_number = 1 then least(contact_started_at, started_at) else started_at end') }} as started_at,
    {{ instant_text("case when leg_type = 'visit' then coalesce(queued_at, started_at) end") }} as queued_at,
    {{ instant_text("case when outcome = 'answered' then interacted_at end") }} as answered_at,
    {{ instant_text("case when outcome = 'answered' then coalesce(agent_left_at, left_at) else coalesce(left_at, agent_left_at) end") }} as ended_at,
    case
        when direction = 'inbound' and leg_number = 1
            then {{ seconds_of_milliseconds('cast(ivr_milliseconds as ' ~ text ~ ')') }}
    end as ivr_seconds,
    case
        when leg_type = 'visit' and direction = 'inbound'
            then {{ seconds_of_milliseconds('cast(coalesce(tanswered, wait_milliseconds) as ' ~ text ~ ')') }}
    end as wait_seconds,
    {{ seconds_of_milliseconds('cast(talert as ' ~ text ~ ')') }} as ring_seconds,
    {%- for name, metric in {'talk': 'ttalk', 'hold': 'case when ttalk is not null then coalesce(theld, 0) end', 'wrap': 'tacw'}.items() %}
    case when outcome = 'answered' then {{ seconds_of_milliseconds('cast(' ~ metric ~ ' as ' ~ text ~ ')') }} end as {{ name }}_seconds,
    {%- endfor %}
    queue_id,
    user_id as agent_id,
    external_contact_id as customer_id,
    campaign_id,
    contact_list_id,
    contact_record_id,
    case when media_type in ('voice', 'callback') or message_type = 'sms' then case when leg_type = 'callback' then dnis else ani end end as from_number,
    case when media_type in ('voice', 'callback') or message_type = 'sms' then case when leg_type = 'callback' then ani else dnis end end as to_number,
    case when contact_direction = 'inbound' and media_type = 'voice' and leg_type <> 'callback' then dnis end as dialled_number,
    wrap_up_code as disposition_code,
    {{ parse_boolean('recording') }} as is_recorded,
    leg_type = 'callback' as is_callback,
    case
        when outcome = 'answered'
            then case
                when agent_disconnect_type in ('client', 'endpoint') or agent_disconnect_type like '%transfer' then 'agent'
                when agent_disconnect_type = 'peer' then 'customer'
                when agent_disconnect_type is not null then 'system'
            end
        when outcome in ('abandoned', 'abandoned_ivr') and coalesce(disconnect_type, '') not in ('system', 'timeout', 'error') then 'customer'
        when outcome = 'agent_abandoned' then 'agent'
        else 'system'
    end as disconnected_by,
    {{ instant_text('updated_at') }} as updated_at,
    _file,
    _row
from decided
