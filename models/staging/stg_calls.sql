-- One row per call leg: the newest version, with the durations the source left out worked out from its instants.
with legs as (
    {{ staged('calls') | indent(4) }}
),

-- A hold longer than the conversation around it would leave a negative talk: that is unknown.
derived as (
    select
        *,
        {{ seconds_between('queued_at', "coalesce(answered_at, case when outcome <> 'answered' then ended_at end)") }} as derived_wait_seconds,
        {{ seconds_between('answered_at', 'ended_at') }} - coalesce(hold_seconds, 0) as derived_talk_seconds
    from legs
),

final as (
    select
        call_id,
        coalesce(interaction_id, call_id) as interaction_id,
        previous_call_id,
        direction,
        channel,
        outcome,
        started_at,
        queued_at,
        answered_at,
        ended_at,
        ivr_seconds,
        coalesce(wait_seconds, case when derived_wait_seconds >= 0 then derived_wait_seconds end) as wait_seconds,
        ring_seconds,
        coalesce(talk_seconds, case when derived_talk_seconds >= 0 then derived_talk_seconds end) as talk_seconds,
        hold_seconds,
        wrap_seconds,
        queue_id,
        agent_id,
        customer_id,
        lead_id,
        campaign_id,
        contact_list_id,
        contact_record_id,
        ticket_id,
        from_number_hash,
        to_number_hash,
        source_channel,
        dialled_number,
        disposition_code,
        contact_reason,
        product_feature,
        is_resolved,
        is_escalated,
        coalesce(is_recorded, case when has_recording_url then true end) as is_recorded,
        coalesce(is_test, false) as is_test,
        coalesce(is_callback, false) as is_callback,
        redirected_to,
        disconnected_by,
        cost_amount,
        currency,
        {%- for name in var('pass_through_columns').get('calls', []) %}
        {{ name }},
        {%- endfor %}
        source_system
    from derived
)

select * from final
