-- After how many attempts is it no longer worth calling a record?
-- Après combien de tentatives ne vaut-il plus la peine d'appeler une fiche ?
--
-- One row per number of the attempt, of records that nobody had reached before it. The last row holds all later ones.
with numbered as (
    select
        contact_record_id,
        is_contact_established,
        is_conversion,
        row_number() over (partition by contact_record_id order by started_at, call_id) as attempt_number,
        coalesce(
            bool_or(is_contact_established) over (
                partition by contact_record_id
                order by started_at, call_id
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as was_reached_before
    from {{ ref('fct_calls') }}
    where is_outbound and contact_record_id is not null
)

select
    least(attempt_number, 8) as attempt_number,
    count(*) as attempts,
    count(*) filter (where is_contact_established) as contacts,
    count(*) filter (where is_conversion) as conversions,
    100.0 * count(*) filter (where is_contact_established) / count(*) as contact_rate,
    1.0 * count(*) / nullif(count(*) filter (where is_conversion), 0) as attempts_per_conversion
from numbered
where not was_reached_before
group by least(attempt_number, 8)
order by attempt_number

-- Conclude: stop where an attempt costs more than a conversion is worth divided by the attempts it takes. A rate that does
-- not fall means that records are given up too early.
