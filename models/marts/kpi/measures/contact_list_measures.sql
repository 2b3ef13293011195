-- One row per day and scope on which contact lists were supplied with at least one record. A list of an unknown day counts nowhere.
{%- set measures = measures_of('contact_list_measures') %}
with daily as (
    select
        supplied_date as measure_date,
        campaign_id,
        contact_list_id,
        supplied_records,
        usable_records
    from {{ ref('dim_contact_lists') }}
    where
        supplied_records > 0
        and supplied_date is not null
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id'}, measures) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
