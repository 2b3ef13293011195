-- Whom does self-service keep from calling?
-- À qui le libre-service évite-t-il un appel ?
--
-- One row per self-service channel: sessions of known customers, and how many of them called within 24 hours.
with sessions as (
    select
        session_id,
        channel,
        customer_id,
        started_at,
        is_completed
    from {{ ref('fct_selfservice_sessions') }}
    where customer_id is not null
),

followed as (
    select
        sessions.session_id,
        sessions.channel,
        sessions.is_completed,
        exists(
            select 1
            from {{ ref('fct_contacts') }} as contacts
            where
                contacts.customer_id = sessions.customer_id
                and contacts.started_at > sessions.started_at
                and contacts.started_at <= sessions.started_at + interval 24 hour
        ) as is_followed_by_a_contact
    from sessions
)

select
    channel,
    count(*) as sessions,
    count(*) filter (where is_completed) as completed_sessions,
    count(*) filter (where is_followed_by_a_contact) as followed_by_a_contact,
    100.0 * count(*) filter (where not is_followed_by_a_contact) / count(*) as contained_rate,
    100.0 * count(*) filter (where is_completed and not is_followed_by_a_contact)
    / nullif(count(*) filter (where is_completed), 0) as contained_rate_of_completed
from followed
group by channel
order by sessions desc, channel asc

-- Conclude: a session that is completed and followed by a call answered the wrong question; read those calls' reasons
-- before adding another page. A rate of containment says nothing of those who gave up for good.
