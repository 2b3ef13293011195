-- Which KPIs miss their target by more each month?
-- Quels indicateurs s'éloignent chaque mois davantage de leur objectif ?
--
-- One row per KPI of the whole centre or of a queue or team that misses its reference in the newest complete month and got
-- worse since the month before.
select
    kpi_id,
    name_en,
    name_fr,
    scope_type,
    scope_id,
    period_start,
    value,
    reference,
    gap,
    change_from_previous,
    shortfall,
    shortfall_measure
from {{ ref('performance_gaps') }}
where
    grain = 'month'
    and scope_type in ('all', 'queue', 'team')
    and is_getting_worse
order by abs(gap_percent) desc nulls last, kpi_id asc, scope_type asc, scope_id asc

-- Conclude: take the first row whose `shortfall` somebody can act on (calls, contacts, tickets) this week; a gap that grows
-- in one queue and not in the others is a local cause.
