-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with events as (
    select
        created_date as measure_date,
        campaign_id,
        1 as created_opportunities,
        0 as closed_opportunities,
        false as is_decided,
        false as is_won,
        cast(null as decimal(32, 12)) as won_amount,
        cast(null as bigint) as won_after_seconds
    from callmart.marts.fct_opportunities
    union all
    -- What became of an opportunity after `as_of` is taken as given, but at `as_of` it is open.
    select
        closed_date as measure_date,
        campaign_id,
        0 as created_opportunities,
        case when is_open then 0 else 1 end as closed_opportunities,
        is_decided,
        is_won,
        case when is_won then amount_converted end as won_amount,
        won_after_seconds
    from callmart.marts.fct_opportunities
    where closed_date is not null
),

daily as (
    select
        measure_date,
        campaign_id,
        sum(created_opportunities) as created_opportunities,
        sum(closed_opportunities) as closed_opportunities,
        count(*) filter (where is_decided) as decided_opportunities,
        count(*) filter (where is_won) as won_opportunities,
        count(won_amount) as won_opportunities_with_known_amount,
        coalesce(sum(won_amount), 0) as won_amount,
        coalesce(sum(won_after_seconds), 0) as won_cycle_seconds
    from events
    group by measure_date, campaign_id
)

select
    measure_date,
    campaign_id as campaign,
    cast(created_opportunities as bigint) as created_opportunities,
    cast(closed_opportunities as bigint) as closed_opportunities,
    cast(decided_opportunities as bigint) as decided_opportunities,
    cast(won_opportunities as bigint) as won_opportunities,
    cast(won_opportunities_with_known_amount as bigint) as won_opportunities_with_known_amount,
    cast(won_amount as decimal(38, 12)) as won_amount,
    cast(won_cycle_seconds as bigint) as won_cycle_seconds
from daily
