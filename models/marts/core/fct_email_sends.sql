-- One row per e-mail sent by `as_of`. Recipients are keyed hashes.
select
    cast(send_id as {{ dbt.type_string() }}) as send_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(recipient_key_hash as {{ dbt.type_string() }}) as recipient_key_hash,
    cast(sent_date as date) as sent_date,
    cast(sent_at as timestamp) as sent_at,
    cast(delivered_at as timestamp) as delivered_at,
    cast(opened_at as timestamp) as opened_at,
    cast(is_delivered as boolean) as is_delivered,
    cast(is_opened as boolean) as is_opened,
    cast(is_opened_by_human as boolean) as is_opened_by_human,
    cast(source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('email_sends') }}
from {{ ref('int_email_sends') }}
