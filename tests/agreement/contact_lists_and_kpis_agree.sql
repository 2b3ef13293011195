-- The rates of a contact list over all its time are the KPI values of that list at grain total, to the last digit, and neither has a list the other lacks.
{%- set kpi_ids = ['file_quality', 'exploitation_rate_per_record', 'contact_rate_per_record', 'penetration_rate'] %}
with rates as (
    {%- for kpi_id in kpi_ids %}
    select
        contact_list_id,
        '{{ kpi_id }}' as kpi_id,
        {{ kpi_id }} as mart_value
    from {{ ref('contact_list_results') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

kpis as (
    select
        scope_id as contact_list_id,
        kpi_id,
        value as kpi_value
    from {{ ref('kpi_values') }}
    where
        grain = 'total'
        and scope_type = 'contact_list'
        and kpi_id in (
            {%- for kpi_id in kpi_ids %}
            '{{ kpi_id }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
)

select
    coalesce(rates.contact_list_id, kpis.contact_list_id) as contact_list_id,
    coalesce(rates.kpi_id, kpis.kpi_id) as kpi_id,
    rates.mart_value,
    kpis.kpi_value
from rates
full outer join kpis
    on rates.contact_list_id = kpis.contact_list_id and rates.kpi_id = kpis.kpi_id
where
    rates.mart_value is distinct from kpis.kpi_value
    or rates.contact_list_id is null
