{{ config(materialized='view') }}
-- One row per e-mail sent by `as_of`, with its local day and whether it is known that a person opened it.
select
    sends.*,
    cast({{ utc_to_local('sends.sent_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as sent_date,
    sends.delivered_at is not null as is_delivered,
    sends.opened_at is not null as is_opened,
    sends.opened_at is not null and sends.delivered_at is not null and not coalesce(sends.is_machine_open, false) as is_opened_by_human
from {{ ref('stg_email_sends') }} as sends
cross join {{ ref('int_run') }} as run
where sends.sent_at <= run.as_of
