{{ config(materialized='incremental', meta={'touched': 'calls', 'by': ['call_id']}) }}
{%- if not execute %}{% do ref('touched_calls') %}{% endif %}
-- One row per call leg, with every flag a KPI counts. Tests, internal legs and legs after `as_of` are kept and no flag of theirs is true.
with legs as (
    select
        *,
        direction <> 'internal' and not is_test and started_at <= as_of as is_counted
    from {{ ref('int_calls__placed') }}
),

classified as (
    select
        *,
        is_counted and direction = 'inbound' as is_inbound,
        is_counted and direction = 'outbound' as is_outbound,
        is_counted
        and direction = 'inbound'
        and (queue_id is not null or queued_at is not null)
        and outcome not in ('abandoned_ivr', 'self_served', 'closed') as is_offered,
        is_counted and outcome = 'answered' as is_handled,
        coalesce(threshold_seconds, {{ var('service_level_seconds') }}) as target_answer_seconds,
        {# With a known disposition its flags win; without, the outcome decides. -#}
        {%- set by_outcome = {
            'connected': "outcome in ('answered', 'dialer_dropped', 'answering_machine')",
            'human_answered': "outcome in ('answered', 'dialer_dropped')",
            'contact_established': "outcome = 'answered'",
        } -%}
        {%- for flag in ['connected', 'human_answered', 'contact_established', 'argued', 'positive', 'refusal', 'do_not_call', 'final'] %}
        is_counted and direction = 'outbound' and case
            when has_known_disposition then disposition_is_{{ flag }}
            else {{ by_outcome.get(flag, 'false') }}
        end as is_{{ flag }},
        {%- endfor %}
        {# What a call brought counts in either direction, and is also known from what names it. #}
        is_counted and ((has_known_disposition and disposition_is_sale) or is_named_by_order) as is_sale,
        is_counted and ((has_known_disposition and disposition_is_appointment) or is_named_by_appointment) as is_appointment,
        is_counted and created_leads > 0 as is_lead_created,
        is_counted and has_known_disposition and disposition_is_conversion as is_converted_by_disposition
    from legs
),

final as (
    select
        *,
        is_offered and outcome = 'answered' as is_answered,
        is_offered and outcome = 'abandoned' as is_abandoned,
        is_offered and outcome = 'callback_requested' as is_callback_requested,
        is_inbound and is_handled as is_handled_inbound,
        is_converted_by_disposition or is_sale or is_appointment or is_lead_created as is_conversion,
        coalesce(wait_seconds <= target_answer_seconds, false) as is_within_target,
        is_counted
        and (coalesce(is_escalated, false) or (is_inbound and is_handled and is_tier_raised)) as is_escalated_on
    from classified
)

select
    cast(call_id as {{ dbt.type_string() }}) as call_id,
    cast(interaction_id as {{ dbt.type_string() }}) as interaction_id,
    cast(previous_call_id as {{ dbt.type_string() }}) as previous_call_id,
    cast(source_system as {{ dbt.type_string() }}) as source_system,
    cast(direction as {{ dbt.type_string() }}) as direction,
    cast(channel as {{ dbt.type_string() }}) as channel,
    cast(outcome as {{ dbt.type_string() }}) as outcome,
    cast(call_date as date) as call_date,
    cast(local_started_at as timestamp) as local_started_at,
    cast({{ slot_of('started_at', 30) }} as timestamp) as interval_started_at,
    cast(started_at as timestamp) as started_at,
    cast(queued_at as timestamp) as queued_at,
    cast(answered_at as timestamp) as answered_at,
    cast(ended_at as timestamp) as ended_at,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(queue_site as {{ dbt.type_string() }}) as queue_site,
    cast(timezone as {{ dbt.type_string() }}) as timezone,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(agent_site as {{ dbt.type_string() }}) as agent_site,
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(lead_id as {{ dbt.type_string() }}) as lead_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(contact_list_id as {{ dbt.type_string() }}) as contact_list_id,
    cast(contact_record_id as {{ dbt.type_string() }}) as contact_record_id,
    cast(person_id as {{ dbt.type_string() }}) as person_id,
    cast(ticket_id as {{ dbt.type_string() }}) as ticket_id,
    cast(from_number_hash as {{ dbt.type_string() }}) as from_number_hash,
    cast(to_number_hash as {{ dbt.type_string() }}) as to_number_hash,
    cast(source_channel as {{ dbt.type_string() }}) as source_channel,
    cast(disposition_code as {{ dbt.type_string() }}) as disposition_code,
    cast(has_known_disposition as boolean) as has_known_disposition,
    cast(contact_reason as {{ dbt.type_string() }}) as contact_reason,
    cast(product_feature as {{ dbt.type_string() }}) as product_feature,
    cast(redirected_to as {{ dbt.type_string() }}) as redirected_to,
    cast(disconnected_by as {{ dbt.type_string() }}) as disconnected_by,
    cast(ivr_seconds as bigint) as ivr_seconds,
    cast(wait_seconds as bigint) as wait_seconds,
    cast(ring_seconds as bigint) as ring_seconds,
    cast(talk_seconds as bigint) as talk_seconds,
    cast(hold_seconds as bigint) as hold_seconds,
    cast(wrap_seconds as bigint) as wrap_seconds,
    cast(talk_seconds + coalesce(hold_seconds, 0) as bigint) as conversation_seconds,
    cast(case
        when is_handled then coalesce(talk_seconds, 0) + coalesce(hold_seconds, 0) + coalesce(wrap_seconds, 0)
    end as bigint) as handle_seconds,
    cast(target_answer_seconds as bigint) as target_answer_seconds,
    cast(cost_amount as decimal(18, 4)) as cost_amount,
    cast(currency as {{ dbt.type_string() }}) as currency,
    cast(is_test as boolean) as is_test,
    cast(is_callback as boolean) as is_callback,
    cast(is_counted as boolean) as is_counted,
    cast(is_inbound as boolean) as is_inbound,
    cast(is_outbound as boolean) as is_outbound,
    cast(is_offered as boolean) as is_offered,
    cast(is_answered as boolean) as is_answered,
    cast(is_abandoned as boolean) as is_abandoned,
    cast(is_callback_requested as boolean) as is_callback_requested,
    cast(is_answered and is_within_target as boolean) as is_answered_within_target,
    cast(is_abandoned and is_within_target as boolean) as is_abandoned_within_target,
    cast(is_callback_requested and is_within_target as boolean) as is_callback_requested_within_target,
    cast(is_answered and coalesce(wait_seconds <= 60, false) as boolean) as is_answered_within_60_seconds,
    cast(
        is_answered and coalesce(wait_seconds < 2 * {{ var('ring_cycle_seconds') }}, false) as boolean
    ) as is_answered_before_third_ring,
    cast(is_handled_inbound and coalesce(wait_seconds < 18, false) as boolean) as is_picked_up_within_18_seconds,
    cast(
        is_abandoned and coalesce(wait_seconds <= {{ var('short_abandon_seconds') }}, false) as boolean
    ) as is_short_abandon,
    cast(is_inbound and outcome = 'abandoned_ivr' as boolean) as is_abandoned_before_queue,
    cast(is_handled as boolean) as is_handled,
    cast(is_handled_inbound as boolean) as is_handled_inbound,
    cast(is_recorded as boolean) as is_recorded,
    cast(is_resolved as boolean) as is_resolved,
    cast(is_escalated_on as boolean) as is_escalated,
    cast(is_handled_inbound and is_transferred_on as boolean) as is_transferred,
    cast(is_handled_inbound and redirected_to is not null as boolean) as is_redirected,
    cast(is_handled_inbound and is_followed_by_selfcare as boolean) as is_followed_by_selfcare,
    cast(is_outbound and outcome = 'agent_abandoned' as boolean) as is_agent_abandoned,
    cast(is_outbound and outcome = 'dialer_dropped' as boolean) as is_dialer_dropped,
    cast(is_outbound and coalesce(campaign_objective in ('sale', 'sales'), false) as boolean) as is_sales_call,
    cast(is_connected as boolean) as is_connected,
    cast(is_human_answered as boolean) as is_human_answered,
    cast(is_contact_established as boolean) as is_contact_established,
    cast(is_argued as boolean) as is_argued,
    cast(is_positive as boolean) as is_positive,
    cast(is_conversion as boolean) as is_conversion,
    cast(is_sale as boolean) as is_sale,
    cast(is_appointment as boolean) as is_appointment,
    cast(is_lead_created as boolean) as is_lead_created,
    cast(case when is_lead_created then created_leads else 0 end as bigint) as created_leads,
    cast(is_refusal as boolean) as is_refusal,
    cast(is_do_not_call as boolean) as is_do_not_call,
    cast(is_final as boolean) as is_final
    {{- passed_through('calls') }}
from final
