-- One row per contact record that was called against the contact policy: more than `solicitation_cap` attempts within any `solicitation_window_days`
-- consecutive local days, or an attempt outside weekdays 10:00 to 13:00 and 14:00 to 20:00 local time, or on a holiday. Businesses are outside.
{%- set microseconds_per_day = 86400 * 1000000 %}
with attempts as (
    select
        calls.contact_record_id,
        calls.call_date,
        calls.started_at,
        {{ epoch_microseconds('cast(calls.call_date as timestamp)') }} as day_us,
        case
            when dates.is_weekend or dates.is_holiday then true
            else extract(hour from calls.local_started_at) not in (10, 11, 12, 14, 15, 16, 17, 18, 19)
        end as is_outside_hours
    from {{ ref('fct_calls') }} as calls
    inner join {{ ref('dim_dates') }} as dates
        on calls.call_date = dates.calendar_date
    where
        calls.is_outbound
        and calls.contact_record_id is not null
),

called as (
    select
        contact_record_id,
        count(*) as attempts,
        count(*) filter (where is_outside_hours) as attempts_outside_hours,
        min(case when is_outside_hours then started_at end) as first_attempt_outside_hours_at
    from attempts
    group by contact_record_id
),

-- Only records called more often than the cap at all are sorted.
often as (
    select contact_record_id
    from called
    where attempts > {{ var('solicitation_cap') }}
),

in_window as (
    select
        attempts.contact_record_id,
        attempts.call_date,
        count(*) over (
            partition by attempts.contact_record_id
            order by attempts.day_us asc
            range between {{ (var('solicitation_window_days') | int - 1) * microseconds_per_day }} preceding and current row
        ) as solicitations
    from attempts
    inner join often
        on attempts.contact_record_id = often.contact_record_id
),

over_cap as (
    select
        contact_record_id,
        max(solicitations) as most_attempts_in_window,
        min(call_date) as cap_breached_on
    from in_window
    where solicitations > {{ var('solicitation_cap') }}
    group by contact_record_id
),

final as (
    select
        called.*,
        records.contact_list_id,
        records.campaign_id,
        records.person_id,
        records.is_b2b,
        over_cap.contact_record_id is not null as is_over_cap,
        over_cap.most_attempts_in_window,
        over_cap.cap_breached_on
    from called
    left join over_cap
        on called.contact_record_id = over_cap.contact_record_id
    left join {{ ref('fct_contact_records') }} as records
        on called.contact_record_id = records.contact_record_id
    where
        not coalesce(records.is_b2b, false)
        and (over_cap.contact_record_id is not null or called.attempts_outside_hours > 0)
)

select
    cast(contact_record_id as {{ dbt.type_string() }}) as contact_record_id,
    cast(contact_list_id as {{ dbt.type_string() }}) as contact_list_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(person_id as {{ dbt.type_string() }}) as person_id,
    cast(is_b2b as boolean) as is_b2b,
    cast(attempts as bigint) as attempts,
    cast(is_over_cap as boolean) as is_over_cap,
    cast(most_attempts_in_window as bigint) as most_attempts_in_window,
    cast(cap_breached_on as date) as cap_breached_on,
    cast(attempts_outside_hours > 0 as boolean) as is_outside_hours,
    cast(attempts_outside_hours as bigint) as attempts_outside_hours,
    cast(first_attempt_outside_hours_at as timestamp) as first_attempt_outside_hours_at
from final
