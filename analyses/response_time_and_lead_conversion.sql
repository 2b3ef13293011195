-- Do leads that are called sooner convert more often?
-- Les leads rappelés plus tôt se transforment-ils plus souvent ?
--
-- One row per class of response time. Only leads old enough to have had the whole window of conversion count.
with leads as (
    select
        is_converted_in_window,
        case
            when is_never_called then '6 never called'
            when response_seconds is null then '7 unknown'
            when response_seconds <= 300 then '1 within 5 minutes'
            when response_seconds <= 3600 then '2 within an hour'
            when response_seconds <= 14400 then '3 within 4 hours'
            when response_seconds <= 86400 then '4 within a day'
            else '5 later'
        end as response
    from {{ ref('fct_leads') }}
    where is_mature_for_conversion
)

select
    response,
    count(*) as leads,
    count(*) filter (where is_converted_in_window) as converted_leads,
    100.0 * count(*) filter (where is_converted_in_window) / count(*) as conversion_rate,
    100.0 * sum(count(*) filter (where is_converted_in_window)) over () / sum(count(*)) over () as overall_rate
from leads
group by response
order by response

-- Conclude: the gap between two classes, times the leads of the slower one, is what calling them sooner could bring at most:
-- hot leads are also called first, so try it on half of them before hiring for it.
