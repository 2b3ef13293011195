{{ connector_model() }}
-- One row per party to a conversation: an agent with all sessions, of anybody else one session. Its course by segments, its measures by metrics. Wherever a
-- delivery is taken apart, its file and row name it.
{%- set metrics = [
    'tAbandon', 'tAcd', 'tAcw', 'tAlert', 'tAnswered', 'tFlowOut', 'tHeld', 'tIvr', 'tTalk', 'tWait', 'nError', 'nOutboundAbandoned',
] %}
{%- set session_texts = {
    'session_id': 'sessionId', 'ani': 'ani', 'dnis': 'dnis', 'campaign_id': 'outboundCampaignId', 'contact_list_id': 'outboundContactListId',
    'contact_record_id': 'outboundContactId', 'metrics': 'metrics', 'segments': 'segments',
} %}
{%- set session_words = {
    'media_type': 'mediaType', 'message_type': 'messageType', 'recording': 'recording', 'analysis': 'dispositionName', 'issued_callback': 'flow.issuedCallback',
} %}
{%- set party = '_file, _row, participant_number, party_number' %}
with conversations as (
    select *
    from {{ ref('genesys_cloud__read_conversations') }}
    where _left_out_for is null
),

participants as (
    select
        conversations._file,
        conversations._row,
        lists.item_number as participant_number,
        {{ json_text('lists.item', 'purpose') }} as purpose,
        {{ json_text('lists.item', 'userId') }} as user_id,
        {{ json_text('lists.item', 'externalContactId') }} as external_contact_id,
        lower({{ json_text('lists.item', 'attributes.callmart_outcome') }}) as outcome_by_flow,
        {{ json_text('lists.item', 'sessions') }} as sessions
    from conversations
    cross join lateral {{ json_items('conversations.participants') }} as lists
),

-- Sessions of one agent belong together: a callback and the call it makes. Those of others are told apart.
sessions as (
    select
        participants._file,
        participants._row,
        participants.participant_number,
        case when participants.purpose in ('agent', 'user') then 0 else lists.item_number end as party_number,
        lists.item_number as session_number,
        participants.purpose,
        participants.user_id,
        participants.external_contact_id,
        participants.outcome_by_flow,
        {%- for name, member in session_texts.items() %}
        {{ json_text('lists.item', member) }} as {{ name }},
        {%- endfor %}
        {%- for name, member in session_words.items() %}
        lower({{ json_text('lists.item', member) }}) as {{ name }},
        {%- endfor %}
        coalesce(
            {{ json_text('lists.item', 'monitoredParticipantId') }},
            {{ json_text('lists.item', 'coachedParticipantId') }},
            {{ json_text('lists.item', 'bargedParticipantId') }}
        ) is not null as is_supervision
    from participants
    cross join lateral {{ json_items('participants.sessions') }} as lists
),

calling_sessions as (
    select *
    from sessions
    where
        not is_supervision
        and coalesce(media_type, '') not in ('cobrowse', 'screenshare')
),

identities as (
    select
        {{ party }},
        {%- for name in [
            'purpose', 'user_id', 'external_contact_id', 'outcome_by_flow', 'recording', 'campaign_id', 'contact_list_id', 'contact_record_id', 'analysis',
            'issued_callback',
        ] %}
        max({{ name }}) as {{ name }},
        {%- endfor %}
        {%- for name in ['session_id', 'media_type', 'message_type', 'ani', 'dnis'] %}
        {{ value_at_first(name, 'session_number') }} as {{ name }},
        {%- endfor %}
        max(case when media_type = 'callback' then 1 else 0 end) = 1 as has_callback
    from calling_sessions
    group by {{ party }}
),

segments as (
    select
        calling_sessions._file,
        calling_sessions._row,
        calling_sessions.participant_number,
        calling_sessions.party_number,
        calling_sessions.media_type,
        lower({{ json_text('lists.item', 'segmentType') }}) as segment_type,
        {{ parse_instant(json_text('lists.item', 'segmentStart')) }} as started_at,
        {{ parse_instant(json_text('lists.item', 'segmentEnd')) }} as ended_at,
        {{ json_text('lists.item', 'queueId') }} as queue_id,
        lower({{ json_text('lists.item', 'disconnectType') }}) as disconnect_type,
        {{ json_text('lists.item', 'wrapUpCode') }} as wrap_up_code,
        {{ json_text('lists.item', 'sipResponseCodes') }} as sip_codes,
        calling_sessions.session_number * 10000 + lists.item_number as segment_number
    from calling_sessions
    cross join lateral {{ json_items('calling_sessions.segments') }} as lists
),

-- An agent speaks to somebody in the call that a callback makes, not in the callback.
courses as (
    select
        {{ party }},
        min(started_at) as started_at,
        min(case when segment_type = 'interact' and media_type <> 'callback' then started_at end) as interacted_at,
        max(case when segment_type <> 'wrapup' then ended_at end) as left_at,
        max(ended_at) as ended_at,
        max(case when segment_type in ('dialing', 'contacting') then 1 else 0 end) = 1 as is_dialled,
        {{ value_at_first('queue_id', 'case when queue_id is not null then segment_number end') }} as queue_id,
        {{ value_at_last('disconnect_type', "case when disconnect_type is not null and segment_type <> 'wrapup' then segment_number end") }}
            as disconnect_type,
        {{ value_at_last('wrap_up_code', 'case when wrap_up_code is not null then segment_number end') }} as wrap_up_code,
        max(case when sip_codes like '%486%' or sip_codes like '%600%' then 1 else 0 end) as met_busy,
        max(case when sip_codes like '%404%' or sip_codes like '%484%' or sip_codes like '%604%' then 1 else 0 end) as met_invalid_number
    from segments
    group by {{ party }}
),

metrics as (
    select
        calling_sessions._file,
        calling_sessions._row,
        calling_sessions.participant_number,
        calling_sessions.party_number,
        {{ json_text('lists.item', 'name') }} as metric,
        {{ parse_decimal(json_text('lists.item', 'value'), 20, 3) }} as metric_value,
        {{ parse_instant(json_text('lists.item', 'emitDate')) }} as emitted_at
    from calling_sessions
    cross join lateral {{ json_items('calling_sessions.metrics') }} as lists
),

-- Talk and hold are emitted stretch by stretch.
measures as (
    select
        {{ party }},
        max(emitted_at) as emitted_at,
        {%- for name in metrics %}
        sum(case when metric = '{{ name }}' then metric_value end) as {{ name | lower }}{{ ',' if not loop.last }}
        {%- endfor %}
    from metrics
    group by {{ party }}
)

select
    identities.*,
    courses.started_at,
    courses.interacted_at,
    courses.left_at,
    courses.queue_id,
    courses.disconnect_type,
    courses.wrap_up_code,
    coalesce(courses.is_dialled, false) as is_dialled,
    coalesce(courses.met_busy, 0) as met_busy,
    coalesce(courses.met_invalid_number, 0) as met_invalid_number,
    coalesce(courses.disconnect_type in ('error', 'transportfailure') or measures.nerror > 0, false) as is_failed,
    greatest(courses.ended_at, measures.emitted_at) as updated_at,
    {%- for name in metrics %}
    measures.{{ name | lower }}{{ ',' if not loop.last }}
    {%- endfor %}
from identities
left join courses
    on {{ genesys_cloud_same_party('identities', 'courses') }}
left join measures
    on {{ genesys_cloud_same_party('identities', 'measures') }}
