-- One row per period and scope with at least one e-mail sent: recipients, each counted once per period.
{%- set recipients = {
    'recipients_sent': 'count(distinct recipient_key_hash)',
    'recipients_delivered': 'count(distinct case when is_delivered then recipient_key_hash end)',
    'recipients_with_open': 'count(distinct case when is_opened then recipient_key_hash end)',
    'recipients_with_human_open': 'count(distinct case when is_opened_by_human then recipient_key_hash end)',
} %}
with rows_to_count as (
    select
        sent_date as measure_date,
        campaign_id,
        recipient_key_hash,
        bool_or(is_delivered) as is_delivered,
        bool_or(is_opened) as is_opened,
        bool_or(is_opened_by_human) as is_opened_by_human
    from {{ ref('fct_email_sends') }}
    group by sent_date, campaign_id, recipient_key_hash
),

by_period as (
    {{ measures_by_period('rows_to_count', {'all': none, 'campaign': 'campaign_id'}, recipients) | indent(4) }}
)

select
    {{ period_measure_columns(recipients) }}
from by_period
