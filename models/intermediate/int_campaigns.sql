-- One row per campaign: declared in the raw campaigns, or only named by a call.
with declared as (
    select * from {{ ref('stg_campaigns') }}
),

named as (
    select distinct campaign_id
    from {{ ref('stg_calls') }}
    where campaign_id is not null
),

final as (
    select
        coalesce(declared.campaign_id, named.campaign_id) as campaign_id,
        declared.campaign_name,
        declared.campaign_type,
        lower(declared.objective) as objective,
        declared.starts_on,
        declared.ends_on,
        declared.persons_targeted,
        declared.persons_pushed,
        declared.campaign_id is not null as is_declared
    from declared
    full outer join named
        on declared.campaign_id = named.campaign_id
)

select * from final
