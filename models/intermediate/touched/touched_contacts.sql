{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_touched() }}") }}
-- One row per contact that this run builds anew, with the day it was on before: those of the touched interactions, those of the same customers within the
-- window of repeated contacts, and those whose window `as_of` has crossed.
-- depends_on: {{ ref('touched_interactions') }}
-- depends_on: {{ ref('int_contacts__from_legs') }}
-- depends_on: {{ ref('int_run') }}
-- depends_on: {{ source('landing', 'run') }}
{% if is_incremental() %}
{%- set width = var('fcr_window_days') ~ ' * 86400' %}
with before as (
    select
        interaction_id,
        contact_date,
        customer_id,
        started_at
    from {{ as_before('fct_contacts') }}
),

contacts as (
    select
        interaction_id,
        customer_id,
        started_at
    from {{ ref('int_contacts__from_legs') }}
),

visits as (
    {%- for relation in ['before', 'contacts'] %}
    select
        customer_id,
        started_at
    from {{ relation }}
    where
        customer_id is not null
        and interaction_id in (select touched.interaction_id from {{ ref('touched_interactions') }} as touched)
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

touched as (
    select interaction_id
    from {{ ref('touched_interactions') }}
    union
    select contacts.interaction_id
    from contacts
    inner join visits
        on
            contacts.customer_id = visits.customer_id
            and contacts.started_at >= {{ plus_seconds('visits.started_at', '-' ~ width) }}
            and contacts.started_at <= {{ plus_seconds('visits.started_at', width) }}
    union
    select contacts.interaction_id
    from contacts
    inner join {{ as_of_change() }} as moved
        on
            {{ plus_seconds('contacts.started_at', width) }} > moved.earlier
            and {{ plus_seconds('contacts.started_at', width) }} <= moved.later
)

select
    touched.interaction_id,
    before.contact_date as contact_date_before
from touched
left join before
    on touched.interaction_id = before.interaction_id
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as interaction_id,
    cast(null as date) as contact_date_before
where false
{% endif %}
