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
        first.grain,
        first.kpi_id,
        second.kpi_id as other_kpi_id,
        first.period_start,
        first.value,
        second.value as other_value
    from series as first
    inner join series as second
        on
            first.grain = second.grain
            and first.period_start = second.period_start
            and first.kpi_id < second.kpi_id
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
        ones.name_en,
        ones.name_fr,
        others.name_en as other_name_en,
        others.name_fr as other_name_fr,
        coalesce(
            ones.numerator_measure in (others.numerator_measure, others.denominator_measure)
            or ones.denominator_measure in (others.numerator_measure, others.denominator_measure),
            false
        ) as has_shared_measure
    from both_ways
    inner join {{ ref('kpi_dictionary') }} as ones
        on both_ways.kpi_id = ones.kpi_id
    inner join {{ ref('kpi_dictionary') }} as others
        on both_ways.other_kpi_id = others.kpi_id
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
