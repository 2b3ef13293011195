-- One row per day and scope with an order or a cost: what came in less what was spent, each on its own day.
{%- set measures = measures_of('return_measures') %}
with daily as (
    select
        measure_date,
        scope_type,
        scope_id,
        revenue as revenue_minus_cost,
        margin as margin_minus_cost
    from {{ ref('order_measures') }}
    where scope_type in ('all', 'campaign')
    union all
    select
        measure_date,
        scope_type,
        scope_id,
        -campaign_cost as revenue_minus_cost,
        -campaign_cost as margin_minus_cost
    from {{ ref('cost_measures') }}
),

by_scope as (
    select
        measure_date,
        scope_type,
        scope_id,
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ measure_type(measure) }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from daily
    group by measure_date, scope_type, scope_id
)

select
    {{ measure_columns(measures) }}
from by_scope
