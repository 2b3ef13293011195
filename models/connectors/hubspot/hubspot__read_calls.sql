{{ connector_model() }}
-- One row per call and list, with what came of it.
with exported as (
    select
        {{ hubspot_object() }},
        lower({{ json_text('exported.properties', 'hs_call_direction') }}) as direction,
        upper({{ json_text('exported.properties', 'hs_call_status') }}) as status,
        lower({{ json_text('exported.properties', 'hs_call_disposition') }}) as disposition,
        {{ json_text('exported.properties', 'hs_timestamp') }} as happened,
        {{ seconds_of_milliseconds(json_text('exported.properties', 'hs_call_duration')) }} as duration_seconds,
        {{ json_text('exported.properties', 'hs_call_from_number') }} as from_number,
        {{ json_text('exported.properties', 'hs_call_to_number') }} as to_number,
        nullif({{ json_text('exported.properties', 'hs_call_recording_url') }}, '') is not null as is_recorded
    from {{ source('hubspot', 'calls') }} as exported
),

-- The outcomes that every account has, by their ids; accounts add their own.
named as (
    select
        *,
        case disposition
            when 'f240bbac-87c9-4f6e-bf70-924b57d47db7' then 'connected'
            when 'a4c4c377-d246-4b32-a13b-75a56a4cd0ff' then 'live message'
            when 'b2cf5968-551e-4856-9783-52b3da59a7d0' then 'voicemail'
            when '73a0d17f-1163-4015-bdd5-ec830791da20' then 'no answer'
            when '9d9162e7-6cf3-4944-bf63-4dff82258764' then 'busy'
            when '17b47fee-58de-441e-a44c-c6300d46f273' then 'wrong number'
        end as result
    from exported
),

decided as (
    select
        *,
        case
            when result in ('connected', 'live message') then 'answered'
            when result = 'voicemail' then case when direction = 'inbound' then 'voicemail' else 'answering_machine' end
            when result is null and status = 'COMPLETED' and (disposition is not null or duration_seconds > 0) then 'answered'
            when direction = 'inbound' then case when status = 'FAILED' then 'failed' else 'abandoned' end
            when result = 'busy' then 'busy'
            when result = 'wrong number' then 'invalid_number'
            when result = 'no answer' then 'no_answer'
            when status = 'BUSY' then 'busy'
            when status = 'FAILED' then 'failed'
            when status = 'CANCELED' then 'agent_abandoned'
            else 'no_answer'
        end as outcome
    from named
)

select
    folder,
    object_id as call_id,
    contact_id,
    owner_id,
    direction,
    outcome,
    case
        when result = 'live message' then 'NOT_DECISION_MAKER'
        when result is null then disposition
    end as disposition_code,
    {{ hubspot_instant('happened') }} as happened_at,
    case when outcome in ('answered', 'answering_machine', 'voicemail') then duration_seconds end as talk_seconds,
    from_number,
    to_number,
    is_recorded,
    outcome = 'answered' and coalesce(result, '') <> 'live message' and listing = 1 as is_contact,
    updated_at,
    _file,
    _row,
    case
        when is_deleted then 'deleted in HubSpot'
        when status in ('CALLING_CRM_USER', 'CONNECTING', 'IN_PROGRESS', 'QUEUED', 'RINGING') then 'the call had not ended when it was listed'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from decided
