{#
    Opening-hours time between two instants of a row: each instant finds its stretch of the calendar by a left join on calendar and UTC day, and the time
    between is a subtraction. No row is doubled and none is lost. Of the row, `relation` has the columns business_hours_id and timezone: those of its
    queue in int_queues (effective_business_hours_id), or 'default' and `reporting_timezone`.
#}
{% macro join_opening_hours(relation, instant, alias) -%}
left join {{ ref('int_opening_periods__by_utc_day') }} as {{ alias }}
        on
            {{ relation }}.business_hours_id = {{ alias }}.business_hours_id
            and {{ relation }}.timezone = {{ alias }}.timezone
            and cast({{ relation }}.{{ instant }} as date) = {{ alias }}.utc_date
            and {{ relation }}.{{ instant }} >= {{ alias }}.starts_at
            and {{ relation }}.{{ instant }} < {{ alias }}.ends_at
{%- endmacro %}

{# Whole opening seconds from one instant to a later one, rounded down; null when either is unknown or the calendar has no hours. `earlier` and `later`
   are aliases of join_opening_hours, each with the instant it joined. #}
{% macro opening_seconds(earlier, earlier_instant, later, later_instant) -%}
    cast(
        {{ later }}.opening_seconds_before - {{ earlier }}.opening_seconds_before
        + floor((
            case when {{ later }}.is_open then {{ epoch_microseconds(later_instant) }} - {{ epoch_microseconds(later ~ '.starts_at') }} else 0 end
            - case when {{ earlier }}.is_open then {{ epoch_microseconds(earlier_instant) }} - {{ epoch_microseconds(earlier ~ '.starts_at') }} else 0 end
        ) / 1000000) as bigint
    )
{%- endmacro %}
