-- One row per grain and ordered pair of KPIs of the whole centre: how they moved together over the weeks or months in which both have a value. Days say
-- more of Mondays than of causes. Spearman's rank
-- correlation: it needs no straight line, one odd day does not decide it, and its sums are whole numbers, so that it is the same on every run. Fewer than
-- eight periods give none.
with series as (
    select
        kpi_id,
        grain,
        period_start,
        value
    from {{ ref('kpi_values') }}
    where
        scope_type = 'all'
        and grain in ('week', 'month')
        and value is not null
),

pairs as (
    select
        series.grain,
        series.kpi_id,
        other_series.kpi_id as other_kpi_id,
        series.period_start,
        series.value,
        other_series.value as other_value
    from series
    inner join series as other_series
        on
            series.grain = other_series.grain
            and series.period_start = other_series.period_start
            and series.kpi_id < other_series.kpi_id
),

-- Twice the rank, ties sharing the middle of their places.
ranked as (
    select
        grain,
        kpi_id,
        other_kpi_id,
        2 * rank() over (partition by grain, kpi_id, other_kpi_id order by value)
        + count(*) over (partition by grain, kpi_id, other_kpi_id, value) as doubled_rank,
        2 * rank() over (partition by grain, kpi_id, other_kpi_id order by other_value)
        + count(*) over (partition by grain, kpi_id, other_kpi_id, other_value) as other_doubled_rank
    from pairs
),

summed as (
    select
        grain,
        kpi_id,
        other_kpi_id,
        count(*) as periods,
        cast(sum(doubled_rank) as bigint) as ranks,
        cast(sum(other_doubled_rank) as bigint) as other_ranks,
        cast(sum(doubled_rank * doubled_rank) as bigint) as squares,
        cast(sum(other_doubled_rank * other_doubled_rank) as bigint) as other_squares,
        cast(sum(doubled_rank * other_doubled_rank) as bigint) as products
    from ranked
    group by grain, kpi_id, other_kpi_id
),

related as (
    select
        grain,
        kpi_id,
        other_kpi_id,
        periods,
        case when periods >= 8 then
            cast(periods * products - ranks * other_ranks as double)
            / nullif(
                sqrt(
                    cast(periods * squares - ranks * ranks as double)
                    * cast(periods * other_squares - other_ranks * other_ranks as double)
                ),
                0
            )
        end as rank_correlation
    from summed
),

both_ways as (
    select * from related
    union all
    select
        grain,
        other_kpi_id as kpi_id,
        kpi_id as other_kpi_id,
        periods,
        rank_correlation
    from related
),

final as (
    select
        both_ways.*,
        this_kpi.name_en,
        this_kpi.name_fr,
        other_kpi.name_en as other_name_en,
        other_kpi.name_fr as other_name_fr,
        coalesce(
            this_kpi.numerator_measure in (other_kpi.numerator_measure, other_kpi.denominator_measure)
            or this_kpi.denominator_measure in (other_kpi.numerator_measure, other_kpi.denominator_measure),
            false
        ) as has_shared_measure
    from both_ways
    inner join {{ ref('kpi_dictionary') }} as this_kpi
        on both_ways.kpi_id = this_kpi.kpi_id
    inner join {{ ref('kpi_dictionary') }} as other_kpi
        on both_ways.other_kpi_id = other_kpi.kpi_id
)

select
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(other_kpi_id as {{ dbt.type_string() }}) as other_kpi_id,
    cast(name_en as {{ dbt.type_string() }}) as name_en,
    cast(name_fr as {{ dbt.type_string() }}) as name_fr,
    cast(other_name_en as {{ dbt.type_string() }}) as other_name_en,
    cast(other_name_fr as {{ dbt.type_string() }}) as other_name_fr,
    cast(periods as bigint) as periods,
    cast(rank_correlation as double) as rank_correlation,
    cast(case
        when rank_correlation is null then 'unknown'
        when abs(rank_correlation) >= 0.7 then 'strong'
        when abs(rank_correlation) >= 0.4 then 'moderate'
        else 'weak'
    end as {{ dbt.type_string() }}) as strength,
    cast(has_shared_measure as boolean) as has_shared_measure
from final
