-- One row per record of a contact list, with what its attempts up to `as_of` came to.
with final as (
    select
        records.*,
        coalesce(attempts.attempts, 0) as attempts,
        coalesce(attempts.hours_called, 0) as hours_called,
        attempts.first_attempt_at,
        attempts.last_attempt_at,
        attempts.last_attempt_date,
        attempts.last_campaign_id,
        attempts.last_contact_list_id,
        attempts.contact_record_id is not null as is_called,
        coalesce(attempts.reached_calls, 0) > 0 as is_human_answered,
        coalesce(attempts.contacted_calls, 0) > 0 as is_reached,
        coalesce(attempts.argued_calls, 0) > 0 as is_argued,
        coalesce(attempts.converting_calls, 0) > 0 as is_converted,
        coalesce(attempts.rejected_calls, 0) > 0 as is_refused,
        coalesce(attempts.do_not_call_calls, 0) > 0 as is_do_not_call,
        attempts.contact_record_id is not null
        and (records.has_final_disposition or attempts.final_calls > 0 or attempts.is_worked_enough) as is_processed
    from {{ ref('int_contact_records') }} as records
    left join {{ ref('int_contact_records__attempts') }} as attempts
        on records.contact_record_id = attempts.contact_record_id
)

select
    cast(contact_record_id as {{ dbt.type_string() }}) as contact_record_id,
    cast(contact_list_id as {{ dbt.type_string() }}) as contact_list_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(supplied_date as date) as supplied_date,
    cast(person_id as {{ dbt.type_string() }}) as person_id,
    cast(lead_id as {{ dbt.type_string() }}) as lead_id,
    cast(validity as {{ dbt.type_string() }}) as validity,
    cast(final_disposition_code as {{ dbt.type_string() }}) as final_disposition_code,
    cast(attempts as bigint) as attempts,
    cast(hours_called as bigint) as hours_called,
    cast(first_attempt_at as timestamp) as first_attempt_at,
    cast(last_attempt_at as timestamp) as last_attempt_at,
    cast(last_attempt_date as date) as last_attempt_date,
    cast(last_campaign_id as {{ dbt.type_string() }}) as last_campaign_id,
    cast(last_contact_list_id as {{ dbt.type_string() }}) as last_contact_list_id,
    cast(has_final_disposition as boolean) as has_final_disposition,
    cast(is_supplied as boolean) as is_supplied,
    cast(coalesce(validity = 'valid', false) as boolean) as is_usable,
    cast(is_b2b as boolean) as is_b2b,
    cast(is_called as boolean) as is_called,
    cast(is_human_answered as boolean) as is_human_answered,
    cast(is_reached as boolean) as is_reached,
    cast(is_argued as boolean) as is_argued,
    cast(is_converted as boolean) as is_converted,
    cast(is_refused as boolean) as is_refused,
    cast(is_do_not_call as boolean) as is_do_not_call,
    cast(is_processed as boolean) as is_processed
from final
