-- One row per derived KPI, period and scope: the KPIs that are a formula over several measures. Each CTE gives one KPI.
{%- set reporting_timezone = "'" ~ var('reporting_timezone') ~ "'" %}
with measured as (
    select * from {{ ref('kpi_measures') }}
),

-- Erlangs: the handle time the offered calls bring, over the seconds of the period on the clock of the reporting zone (a day of a clock change has 23
-- or 25 hours). All days together have no length.
offered_load as (
    select
        'offered_load_erlangs' as kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        cast(offered_calls as double) * cast(load_handle_seconds as double) / nullif(cast(load_handled_calls as double), 0)
        / {{ seconds_between(
            local_to_utc('cast(period_start as timestamp)', reporting_timezone),
            local_to_utc('cast(' ~ period_after('grain', 'period_start') ~ ' as timestamp)', reporting_timezone)
        ) }} as value
    from measured
    where
        grain <> 'total'
        and offered_calls is not null
),

-- Opportunities open at the end of the period x mean amount of the won ones x won over decided, per mean day from creation to winning.
open_opportunities as (
    select
        *,
        sum(coalesce(created_opportunities, 0) - coalesce(closed_opportunities, 0)) over (
            partition by grain, scope_type, scope_id
            order by period_start asc
            rows between unbounded preceding and current row
        ) as open_opportunities
    from measured
    where created_opportunities is not null
),

pipeline_velocity as (
    select
        'pipeline_velocity' as kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        cast(open_opportunities as double)
        * (cast(won_amount as double) / nullif(cast(won_opportunities_with_known_amount as double), 0))
        * (cast(won_opportunities as double) / nullif(cast(decided_opportunities as double), 0))
        / nullif(cast(won_cycle_seconds as double) / 86400 / nullif(cast(won_opportunities as double), 0), 0) as value
    from open_opportunities
    where decided_opportunities > 0
),

-- Percent over the period earlier. A period without revenue after one that had some has lost all of it.
period_revenue as (
    select
        grain,
        period_start,
        {{ period_after('grain', 'period_start') }} as next_start,
        scope_type,
        scope_id,
        revenue
    from measured
    where
        grain <> 'total'
        and scope_type in ('all', 'campaign')
        and revenue is not null
),

sales_growth as (
    select
        'sales_growth' as kpi_id,
        coalesce(here.grain, earlier.grain) as grain,
        coalesce(here.period_start, earlier.next_start) as period_start,
        coalesce(here.scope_type, earlier.scope_type) as scope_type,
        coalesce(here.scope_id, earlier.scope_id) as scope_id,
        100 * cast(coalesce(here.revenue, 0) - earlier.revenue as double) / nullif(cast(earlier.revenue as double), 0) as value
    from period_revenue as here
    full outer join period_revenue as earlier
        on
            here.grain = earlier.grain
            and here.period_start = earlier.next_start
            and here.scope_type = earlier.scope_type
            and here.scope_id = earlier.scope_id
    cross join {{ ref('int_run') }} as run
    where coalesce(here.period_start, earlier.next_start) <= run.as_of_date
),

-- Mean monthly value of an active customer x expected lifetime in months, which is 1 over the monthly churn: unknown where nobody left.
customer_lifetime_value as (
    select
        'customer_lifetime_value' as kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        cast(customer_months_revenue as double) / nullif(cast(active_customer_months as double), 0)
        * (cast(active_customer_months as double) / nullif(cast(left_customer_months as double), 0)) as value
    from measured
    where active_customer_months is not null
),

final as (
    {%- for formula in ['offered_load', 'pipeline_velocity', 'sales_growth', 'customer_lifetime_value'] %}
    select
        kpi_id,
        grain,
        period_start,
        scope_type,
        scope_id,
        value
    from {{ formula }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(value as double) as value
from final
