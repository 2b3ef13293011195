-- One row per contact record that was called, with what came of all its attempts. Worked enough is a matter of one campaign.
with by_campaign as (
    select
        contact_record_id,
        campaign_id,
        contact_list_id,
        count(*) as attempts,
        bit_or({{ hour_bit('local_started_at') }}) as hours,
        min(started_at) as first_attempt_at,
        max(started_at) as last_attempt_at,
        {{ value_at_last('call_date', ordering_key(['started_at', 'call_date'])) }} as last_attempt_date,
        count(*) filter (where is_human_answered) as reached_calls,
        count(*) filter (where is_contact_established) as contacted_calls,
        count(*) filter (where is_argued) as argued_calls,
        count(*) filter (where is_conversion) as converting_calls,
        count(*) filter (where is_refusal or is_do_not_call) as rejected_calls,
        count(*) filter (where is_do_not_call) as do_not_call_calls,
        count(*) filter (where is_final) as final_calls
    from {{ ref('fct_calls') }}
    where
        is_outbound
        and contact_record_id is not null
    group by contact_record_id, campaign_id, contact_list_id
),

-- A record called from two lists for one campaign is worked by both together.
campaigns as (
    select
        contact_record_id,
        campaign_id,
        bit_or(hours) as hours
    from by_campaign
    group by contact_record_id, campaign_id
),

enough as (
    select
        contact_record_id,
        max(case when {{ is_worked_enough('hours') }} then 1 else 0 end) = 1 as is_worked_enough
    from campaigns
    group by contact_record_id
),

by_record as (
    select
        contact_record_id,
        sum(attempts) as attempts,
        bit_count(bit_or(hours)) as hours_called,
        min(first_attempt_at) as first_attempt_at,
        max(last_attempt_at) as last_attempt_at,
        {%- set last = ordering_key(['last_attempt_at', "coalesce(campaign_id, '')", "coalesce(contact_list_id, '')"]) %}
        {%- for column in ['last_attempt_date', 'campaign_id', 'contact_list_id'] %}
        {{ value_at_last(column, last) }} as {{ column if column.startswith('last') else 'last_' ~ column }},
        {%- endfor %}
        sum(reached_calls) as reached_calls,
        sum(contacted_calls) as contacted_calls,
        sum(argued_calls) as argued_calls,
        sum(converting_calls) as converting_calls,
        sum(rejected_calls) as rejected_calls,
        sum(do_not_call_calls) as do_not_call_calls,
        sum(final_calls) as final_calls
    from by_campaign
    group by contact_record_id
)

select
    by_record.*,
    enough.is_worked_enough
from by_record
inner join enough
    on by_record.contact_record_id = enough.contact_record_id
