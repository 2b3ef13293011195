-- One row per KPI, scope and grain whose newest complete period is worse than its target (without one: than its benchmark), ranked by where to act first.
with missed as (
    select
        scorecard.*,
        coalesce(scorecard.target, scorecard.benchmark) as reference,
        abs(scorecard.gap) as distance,
        definitions.kind,
        definitions.multiplier,
        definitions.numerator_measure,
        definitions.denominator_measure
    from {{ ref('kpi_scorecard') }} as scorecard
    inner join {{ ref('kpi_dictionary') }} as definitions
        on scorecard.kpi_id = definitions.kpi_id
    where
        not scorecard.is_gap_favourable
        and scorecard.status <> 'low_volume'
),

measured as (
    select
        *,
        100 * distance / nullif(abs(reference), 0) as gap_percent,
        case
            when kind in ('ratio', 'distinct') and denominator_measure is not null then distance * cast(denominator as double) / multiplier
            when kind = 'count' then distance / multiplier
        end as shortfall
    from missed
),

ranked as (
    select
        *,
        row_number() over (
            partition by grain, scope_type
            order by gap_percent desc nulls first, shortfall desc nulls last, kpi_id asc, scope_id asc
        ) as rank_by_gap,
        row_number() over (
            partition by grain, scope_type, kpi_id
            order by shortfall desc nulls last, gap_percent desc nulls first, scope_id asc
        ) as rank_by_shortfall
    from measured
)

select
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(rank_by_gap as bigint) as rank_by_gap,
    cast(rank_by_shortfall as bigint) as rank_by_shortfall,
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(name_en as {{ dbt.type_string() }}) as name_en,
    cast(name_fr as {{ dbt.type_string() }}) as name_fr,
    cast(unit as {{ dbt.type_string() }}) as unit,
    cast(better as {{ dbt.type_string() }}) as better,
    cast(value as double) as value,
    cast(reference as double) as reference,
    cast(gap_basis as {{ dbt.type_string() }}) as gap_basis,
    cast(gap as double) as gap,
    cast(gap_percent as double) as gap_percent,
    cast(shortfall as double) as shortfall,
    cast(case when shortfall is not null then numerator_measure end as {{ dbt.type_string() }}) as shortfall_measure,
    cast(change_from_previous as double) as change_from_previous,
    cast(case better when 'higher' then change_from_previous < 0 when 'lower' then change_from_previous > 0 end as boolean) as is_getting_worse,
    cast(status as {{ dbt.type_string() }}) as status
from ranked
