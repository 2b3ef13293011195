-- One row per customer: declared in the raw customers, or only named by an order or a customer event. Ages are bands: the year of birth stays in staging.
{%- set bands = [(18, 'under 18'), (25, '18-24'), (35, '25-34'), (45, '35-44'), (55, '45-54'), (65, '55-64'), (121, '65 and over')] %}
select
    cast(customer_id as {{ dbt.type_string() }}) as customer_id,
    cast(created_at as timestamp) as created_at,
    cast(segment as {{ dbt.type_string() }}) as segment,
    cast(country as {{ dbt.type_string() }}) as country,
    cast(region as {{ dbt.type_string() }}) as region,
    cast(gender as {{ dbt.type_string() }}) as gender,
    cast(case
        when age < 0 then null
        {%- for upper_bound, band in bands %}
        when age < {{ upper_bound }} then '{{ band }}'
        {%- endfor %}
    end as {{ dbt.type_string() }}) as age_band,
    cast(acquired_campaign_id as {{ dbt.type_string() }}) as acquired_campaign_id,
    cast(first_order_date as date) as first_order_date,
    cast(first_order_campaign_id as {{ dbt.type_string() }}) as first_order_campaign_id,
    cast(first_active_date as date) as first_active_date,
    cast(status as {{ dbt.type_string() }}) as status,
    cast(is_declared as boolean) as is_declared
    {{- passed_through('customers') }}
from {{ ref('int_customers') }}
