-- From which wait on do satisfaction and patience fall?
-- À partir de quelle attente la satisfaction et la patience baissent-elles ?
--
-- One row per class of the wait in the queue.
with calls as (
    select
        call_id,
        is_abandoned,
        is_answered,
        case
            when wait_seconds <= 10 then '1 0 to 10 s'
            when wait_seconds <= 20 then '2 11 to 20 s'
            when wait_seconds <= 60 then '3 21 to 60 s'
            when wait_seconds <= 180 then '4 61 to 180 s'
            else '5 over 180 s'
        end as waited
    from {{ ref('fct_calls') }}
    where is_offered and wait_seconds is not null
),

answers as (
    select
        call_id,
        count(*) as answers,
        count(*) filter (where is_positive) as positive_answers
    from {{ ref('fct_survey_responses') }}
    where survey_type = 'csat' and is_valid
    group by call_id
)

select
    calls.waited,
    count(*) as offered_calls,
    count(*) filter (where calls.is_abandoned) as abandoned_calls,
    100.0 * count(*) filter (where calls.is_abandoned) / count(*) as abandonment_rate,
    coalesce(sum(answers.answers), 0) as csat_answers,
    100.0 * sum(answers.positive_answers) / sum(answers.answers) as csat
from calls
left join answers on calls.call_id = answers.call_id
group by calls.waited
order by calls.waited

-- Conclude: set the threshold of the service level where the curve bends, not at 20 seconds because everybody does; if
-- satisfaction does not move with the wait, spend the money on resolution.
