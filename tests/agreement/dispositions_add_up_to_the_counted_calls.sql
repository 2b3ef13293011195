-- The legs by disposition are all counted legs of a day and direction, none twice and none lost.
with by_disposition as (
    select
        call_date,
        direction,
        sum(calls) as calls
    from {{ ref('call_dispositions') }}
    group by call_date, direction
),

legs as (
    select
        call_date,
        direction,
        count(*) as calls
    from {{ ref('fct_calls') }}
    where is_counted
    group by call_date, direction
)

select
    coalesce(by_disposition.call_date, legs.call_date) as call_date,
    coalesce(by_disposition.direction, legs.direction) as direction,
    by_disposition.calls,
    legs.calls as counted_legs
from by_disposition
full outer join legs
    on by_disposition.call_date = legs.call_date and by_disposition.direction = legs.direction
where not coalesce(by_disposition.calls = legs.calls, false)
