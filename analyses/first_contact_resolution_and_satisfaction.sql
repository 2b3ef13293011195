-- How much happier are customers whose matter was resolved at the first contact?
-- De combien les clients dont la demande est résolue au premier contact sont-ils plus satisfaits ?
--
-- One row per outcome of the contact that the satisfaction survey was about.
with contact_of_call as (
    select
        calls.call_id,
        case
            when not contacts.is_mature then 'too young to tell'
            when contacts.is_resolved_at_first_contact then 'resolved at first contact'
            when not contacts.is_first_contact then 'a repeat itself'
            else 'not resolved at first contact'
        end as resolution
    from {{ ref('fct_calls') }} as calls
    inner join {{ ref('fct_contacts') }} as contacts on calls.interaction_id = contacts.interaction_id
),

answers as (
    select
        contact_of_call.resolution,
        responses.csat_score,
        responses.is_positive
    from {{ ref('fct_survey_responses') }} as responses
    inner join contact_of_call on responses.call_id = contact_of_call.call_id
    where responses.survey_type = 'csat' and responses.is_valid
)

select
    resolution,
    count(*) as answers,
    count(*) filter (where is_positive) as positive_answers,
    100.0 * count(*) filter (where is_positive) / count(*) as csat,
    avg(csat_score) as csat_mean,
    196 * sqrt(avg(cast(is_positive as integer)) * (1 - avg(cast(is_positive as integer))) / count(*))
        as half_width_of_95_percent_interval
from answers
group by resolution
order by answers desc, resolution asc

-- Conclude: where the intervals do not overlap the difference is real, and it is what a point of resolution is worth in
-- satisfaction; where they do, ask more customers before acting on it.
