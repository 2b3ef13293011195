-- One row per e-mail sent.
select
    sent_date as measure_date,
    campaign_id as campaign,
    recipient_key_hash,
    is_delivered,
    is_opened,
    is_opened_by_human
from callmart.marts.fct_email_sends
