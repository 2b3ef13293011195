{{ config(materialized='incremental', meta={'touched': 'contact_days', 'by': ['measure_date']}) }}
-- One row per day and scope with at least one inbound contact, on the day of the contact's first leg.
{%- set measures = measures_of('contact_measures') %}
{%- set counts %}
        count(*) as inbound_calls,
        count(*) as total_calls,
        count(*) filter (where is_abandoned) as abandoned_contacts,
        count(*) filter (where is_abandoned_before_queue) as abandoned_before_queue_contacts,
        count(*) filter (where is_picked_up_within_18_seconds) as picked_up_within_18_seconds_contacts
{%- endset %}
with by_contact as (
    select
        contact_date as measure_date,
        channel,
        source_channel,
        campaign_id,
        {{- counts }}
    from {{ ref('fct_contacts') }}
    where {{ is_touched('contact_days', 'contact_date') | indent(8) }}
    group by contact_date, channel, source_channel, campaign_id
),

-- A contact counts in each queue it visited.
by_queue as (
    select
        contact_date as measure_date,
        queue_id,
        {{- counts }}
    from {{ ref('int_contacts__queues') }}
    where {{ is_touched('contact_days', 'contact_date') | indent(8) }}
    group by contact_date, queue_id
),

-- And once in each site, however many of its queues the contact visited.
visits as (
    select
        interaction_id,
        contact_date,
        queue_site,
        bool_or(is_abandoned) as is_abandoned,
        bool_or(is_abandoned_before_queue) as is_abandoned_before_queue,
        bool_or(is_picked_up_within_18_seconds) as is_picked_up_within_18_seconds
    from {{ ref('int_contacts__queues') }}
    where
        queue_site is not null
        and {{ is_touched('contact_days', 'contact_date') | indent(8) }}
    group by interaction_id, contact_date, queue_site
),

by_site as (
    select
        contact_date as measure_date,
        queue_site,
        {{- counts }}
    from visits
    group by contact_date, queue_site
),

by_scope as (
    {{ measures_by_scope(
        'by_contact',
        {'all': none, 'channel': 'channel', 'source_channel': 'source_channel', 'campaign': 'campaign_id'},
        measures
    ) | indent(4) }}
    union all
    {{ measures_by_scope('by_queue', {'queue': 'queue_id'}, measures) | indent(4) }}
    union all
    {{ measures_by_scope('by_site', {'site': 'queue_site'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
