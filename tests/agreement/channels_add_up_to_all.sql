-- Every leg and every contact has one channel: in each period the two sides of a KPI of calls, summed over the channels, are those of all. (A ticket may
-- have none.)
with kpis as (
    select kpi_values.*
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_dictionary') }} as catalogue
        on kpi_values.kpi_id = catalogue.kpi_id
    where
        ' ' || catalogue.scopes || ' ' like '% channel %'
        and ' ' || catalogue.scopes || ' ' like '% all %'
        and ' ' || catalogue.raw_tables || ' ' like '% calls %'
        and catalogue.domain in ('volume', 'accessibility')
),

channels as (
    select
        kpi_id,
        grain,
        period_start,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from kpis
    where scope_type = 'channel'
    group by kpi_id, grain, period_start
),

everything as (
    select *
    from kpis
    where scope_type = 'all'
)

select
    coalesce(everything.kpi_id, channels.kpi_id) as kpi_id,
    coalesce(everything.grain, channels.grain) as grain,
    coalesce(everything.period_start, channels.period_start) as period_start,
    everything.numerator,
    channels.numerator as numerator_of_channels,
    everything.denominator,
    channels.denominator as denominator_of_channels
from everything
full outer join channels
    on everything.kpi_id = channels.kpi_id and everything.grain = channels.grain and everything.period_start = channels.period_start
where
    everything.kpi_id is null
    or channels.kpi_id is null
    or everything.numerator is distinct from channels.numerator
    or everything.denominator is distinct from channels.denominator
