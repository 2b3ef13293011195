-- At which hours of the week do outbound calls reach the right person?
-- À quelles heures de la semaine les appels sortants joignent-ils la bonne personne ?
--
-- One row per weekday and hour of the local clock with at least 20 attempts: below that a rate is chance.
select
    extract('isodow' from local_started_at) as iso_weekday,
    extract('hour' from local_started_at) as local_hour,
    count(*) as attempts,
    count(*) filter (where is_human_answered) as answered_by_a_person,
    count(*) filter (where is_contact_established) as contacts,
    100.0 * count(*) filter (where is_contact_established) / count(*) as contact_rate
from {{ ref('fct_calls') }}
where is_outbound
group by iso_weekday, local_hour
having count(*) >= 20
order by contact_rate desc, iso_weekday asc, local_hour asc

-- Conclude: dial first attempts in the hours at the top and leave the bottom ones to follow-ups; keep inside the permitted
-- hours, which `contact_policy_breaches` watches.
