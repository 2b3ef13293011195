-- One row per landed call leg, typed and judged. Values that the file holds typed stay so: nothing is written out as text to be read again.
-- Files whose columns are text (broken rows come in such) go through the general route, the SQL of the model.
with typed as (
    select
        nullif(trim(call_id), '') as call_id,
        nullif(trim(interaction_id), '') as interaction_id,
        nullif(trim(previous_call_id), '') as previous_call_id,
        lower(nullif(trim(direction), '')) as direction,
        coalesce(lower(nullif(trim(channel), '')), 'voice') as channel,
        lower(nullif(trim(outcome), '')) as outcome,
        started_at at time zone 'UTC' as started_at,
        queued_at at time zone 'UTC' as queued_at,
        answered_at at time zone 'UTC' as answered_at,
        ended_at at time zone 'UTC' as ended_at,
        ivr_seconds,
        wait_seconds,
        ring_seconds,
        talk_seconds,
        hold_seconds,
        wrap_seconds,
        nullif(trim(queue_id), '') as queue_id,
        nullif(trim(agent_id), '') as agent_id,
        nullif(trim(customer_id), '') as customer_id,
        nullif(trim(lead_id), '') as lead_id,
        nullif(trim(campaign_id), '') as campaign_id,
        nullif(trim(contact_list_id), '') as contact_list_id,
        nullif(trim(contact_record_id), '') as contact_record_id,
        nullif(trim(ticket_id), '') as ticket_id,
        sha256(salt || ':' || nullif(regexp_replace(regexp_replace(from_number, '[^0-9]', '', 'g'), '^00', ''), '')) as from_number_hash,
        sha256(salt || ':' || nullif(regexp_replace(regexp_replace(to_number, '[^0-9]', '', 'g'), '^00', ''), '')) as to_number_hash,
        nullif(trim(source_channel), '') as source_channel,
        nullif(trim(dialled_number), '') as dialled_number,
        nullif(trim(disposition_code), '') as disposition_code,
        nullif(trim(contact_reason), '') as contact_reason,
        nullif(trim(product_feature), '') as product_feature,
        is_resolved,
        is_escalated,
        is_recorded,
        is_test,
        is_callback,
        lower(nullif(trim(redirected_to), '')) as redirected_to,
        lower(nullif(trim(disconnected_by), '')) as disconnected_by,
        nullif(trim(recording_url), '') is not null as has_recording_url,
        cast(cost_amount as decimal(18, 4)) as cost_amount,
        nullif(trim(currency), '') as currency,
        coalesce(nullif(trim(source_system), ''), 'default') as source_system,
        updated_at at time zone 'UTC' as updated_at,
        run_started_at,
        substr(path, {{root_length}} + 2) as _landed_file,
        file_row_number + 1 as _row
    from read_parquet({{typed_files}}, filename = 'path', hive_partitioning = false)
    cross join raw.run
),

judged as (
    select
        *,
        case
            when
                call_id is null
                or direction is null
                or direction not in ('inbound', 'outbound', 'internal')
                or channel not in ('voice', 'chat', 'email', 'sms', 'social', 'video')
                or outcome is null
                or outcome not in (
                    'answered', 'abandoned', 'abandoned_ivr', 'voicemail', 'callback_requested', 'self_served', 'overflowed', 'timed_out', 'closed',
                    'failed', 'answering_machine', 'no_answer', 'busy', 'invalid_number', 'agent_abandoned', 'dialer_dropped'
                )
                or started_at is null
                or least(ivr_seconds, wait_seconds, ring_seconds, talk_seconds, hold_seconds, wrap_seconds) < 0
                or redirected_to not in ('web', 'faq', 'chatbot', 'community', 'app')
                or disconnected_by not in ('customer', 'agent', 'system')
                or started_at > least(queued_at, answered_at, ended_at)
                or queued_at > answered_at
                or answered_at > ended_at
                or greatest(started_at, queued_at, answered_at, ended_at) > run_started_at
                or (direction = 'inbound' and outcome in ('answering_machine', 'no_answer', 'busy', 'invalid_number', 'agent_abandoned', 'dialer_dropped'))
                or (
                    direction = 'outbound'
                    and outcome in (
                        'abandoned', 'abandoned_ivr', 'voicemail', 'callback_requested', 'self_served', 'overflowed', 'timed_out', 'closed'
                    )
                )
                then concat_ws(
                    '; ',
                    case when call_id is null then 'no key' end,
                    case when direction is null then 'required column empty: direction' end,
                    case when direction not in ('inbound', 'outbound', 'internal') then 'value not allowed: direction' end,
                    case when channel not in ('voice', 'chat', 'email', 'sms', 'social', 'video') then 'value not allowed: channel' end,
                    case when outcome is null then 'required column empty: outcome' end,
                    case
                        when outcome not in (
                            'answered', 'abandoned', 'abandoned_ivr', 'voicemail', 'callback_requested', 'self_served', 'overflowed', 'timed_out',
                            'closed', 'failed', 'answering_machine', 'no_answer', 'busy', 'invalid_number', 'agent_abandoned', 'dialer_dropped'
                        ) then 'value not allowed: outcome'
                    end,
                    case when started_at is null then 'required column empty: started_at' end,
                    case when ivr_seconds < 0 then 'negative duration: ivr_seconds' end,
                    case when wait_seconds < 0 then 'negative duration: wait_seconds' end,
                    case when ring_seconds < 0 then 'negative duration: ring_seconds' end,
                    case when talk_seconds < 0 then 'negative duration: talk_seconds' end,
                    case when hold_seconds < 0 then 'negative duration: hold_seconds' end,
                    case when wrap_seconds < 0 then 'negative duration: wrap_seconds' end,
                    case when redirected_to not in ('web', 'faq', 'chatbot', 'community', 'app') then 'value not allowed: redirected_to' end,
                    case when disconnected_by not in ('customer', 'agent', 'system') then 'value not allowed: disconnected_by' end,
                    case when started_at > ended_at then 'wrong order: started_at after ended_at' end,
                    case when started_at > queued_at then 'wrong order: started_at after queued_at' end,
                    case when queued_at > answered_at then 'wrong order: queued_at after answered_at' end,
                    case when started_at > answered_at then 'wrong order: started_at after answered_at' end,
                    case when answered_at > ended_at then 'wrong order: answered_at after ended_at' end,
                    case when started_at > run_started_at then 'future instant: started_at' end,
                    case when queued_at > run_started_at then 'future instant: queued_at' end,
                    case when answered_at > run_started_at then 'future instant: answered_at' end,
                    case when ended_at > run_started_at then 'future instant: ended_at' end,
                    case
                        when
                            (direction = 'inbound' and outcome in ('answering_machine', 'no_answer', 'busy', 'invalid_number', 'agent_abandoned', 'dialer_dropped'))
                            or (
                                direction = 'outbound'
                                and outcome in (
                                    'abandoned', 'abandoned_ivr', 'voicemail', 'callback_requested', 'self_served', 'overflowed', 'timed_out', 'closed'
                                )
                            )
                            then 'value not allowed: outcome'
                    end
                )
        end as _rejected_for
    from typed
)

select
    * exclude (run_started_at, _landed_file, _row, _rejected_for),
    _rejected_for,
    cast(null as varchar) as _nulled_for,
    _rejected_for as _record,
    _landed_file,
    _row
from judged
union all by name
select * from ({{general}}) as general
