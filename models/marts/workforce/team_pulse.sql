-- One row per month and team (and one for all) with something to say about its people. Results of employees are those of kpi_values and nothing else, so
-- that what is suppressed there stays so here.
{%- set kpis = {
    'enps': ('enps_net_promoters', 'enps_answers'),
    'pulse_score': ('pulse_favourable_answers', 'pulse_answers'),
    'pulse_participation_rate': ('answered_pulse_invitations', 'pulse_invitations'),
    'one_on_one_coverage': ('agents_with_one_on_one', 'active_agents'),
} %}
with months as (
    select
        period_start as month_start_date,
        scope_type,
        scope_id,
        {%- for kpi_id, sides in kpis.items() %}
        max(case when kpi_id = '{{ kpi_id }}' then numerator end) as {{ sides[0] }},
        max(case when kpi_id = '{{ kpi_id }}' then denominator end) as {{ sides[1] }},
        max(case when kpi_id = '{{ kpi_id }}' then value end) as {{ kpi_id }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_values') }}
    where
        grain = 'month'
        and kpi_id in ('{{ kpis | join("', '") }}')
    group by period_start, scope_type, scope_id
)

select
    cast({{ surrogate_key(['scope_type', 'scope_id', 'month_start_date']) }} as {{ dbt.type_string() }}) as team_month_id,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(month_start_date as date) as month_start_date,
    {%- for kpi_id, sides in kpis.items() %}
    cast({{ sides[0] }} as bigint) as {{ sides[0] }},
    cast({{ sides[1] }} as bigint) as {{ sides[1] }},
    cast({{ kpi_id }} as double) as {{ kpi_id }}{{ ',' if not loop.last }}
    {%- endfor %}
from months
