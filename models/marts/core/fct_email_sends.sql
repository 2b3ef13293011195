-- One row per e-mail sent by `as_of`. Recipients are keyed hashes.
with sends as (
    select
        sends.*,
        cast({{ utc_to_local('sends.sent_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as sent_date
    from {{ ref('stg_email_sends') }} as sends
    cross join {{ ref('int_run') }} as run
    where sends.sent_at <= run.as_of
)

select
    cast(send_id as {{ dbt.type_string() }}) as send_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(recipient_key_hash as {{ dbt.type_string() }}) as recipient_key_hash,
    cast(sent_date as date) as sent_date,
    cast(sent_at as timestamp) as sent_at,
    cast(delivered_at as timestamp) as delivered_at,
    cast(opened_at as timestamp) as opened_at,
    cast(delivered_at is not null as boolean) as is_delivered,
    cast(opened_at is not null as boolean) as is_opened,
    cast(opened_at is not null and delivered_at is not null and not coalesce(is_machine_open, false) as boolean) as is_opened_by_human,
    cast(source_system as {{ dbt.type_string() }}) as source_system
    {{- passed_through('email_sends') }}
from sends
