{{ config(materialized='incremental', meta={'touched': 'contacts', 'by': ['interaction_id']}) }}
-- One row per contact of a known customer that is no callback: whether the same customer came before or again within the window, for the same reason or
-- for any. The window is inclusive, contacts at the same instant are neither earlier nor later. A null reason matches only a null reason.
{%- set width = var('fcr_window_days') | int * 86400 * 1000000 %}
with contacts as (
    select
        interaction_id,
        customer_id,
        contact_reason,
        {{ epoch_microseconds('started_at') }} as started_us
    from {{ ref('int_contacts__from_legs') }}
    where
        customer_id is not null
        and not is_callback
        {%- if is_incremental() or not execute %}
        and customer_id in (
            select touched_contacts.customer_id
            from {{ ref('int_contacts__from_legs') }} as touched_contacts
            where {{ is_touched('contacts', 'touched_contacts.interaction_id') | indent(12) }}
        )
        {%- endif %}
),

final as (
    select
        interaction_id,
        count(*) over (
            partition by customer_id, contact_reason
            order by started_us asc range between {{ width }} preceding and 1 preceding
        ) > 0 as has_earlier_for_same_reason,
        count(*) over (
            partition by customer_id, contact_reason
            order by started_us asc range between 1 following and {{ width }} following
        ) > 0 as is_repeated_for_same_reason,
        count(*) over (
            partition by customer_id
            order by started_us asc range between 1 following and {{ width }} following
        ) > 0 as is_repeated
    from contacts
)

select *
from final
where {{ is_touched('contacts', 'interaction_id') }}
