-- One row per campaign: declared in the raw campaigns, or only named by a call. Persons are as declared, else counted in the campaign's lists.
with counted as (
    select
        campaign_id,
        count(distinct person_id) as persons_targeted,
        count(distinct person_id) filter (where is_usable) as persons_pushed
    from {{ ref('fct_contact_records') }}
    where
        is_supplied
        and campaign_id is not null
    group by campaign_id
)

select
    cast(campaigns.campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaigns.campaign_name as {{ dbt.type_string() }}) as campaign_name,
    cast(campaigns.campaign_type as {{ dbt.type_string() }}) as campaign_type,
    cast(campaigns.objective as {{ dbt.type_string() }}) as objective,
    cast(campaigns.starts_on as date) as starts_on,
    cast(campaigns.ends_on as date) as ends_on,
    cast(coalesce(campaigns.persons_targeted, counted.persons_targeted) as bigint) as persons_targeted,
    cast(case
        when campaigns.persons_targeted is not null then 'declared'
        when counted.persons_targeted is not null then 'contact_lists'
    end as {{ dbt.type_string() }}) as persons_targeted_source,
    cast(coalesce(campaigns.persons_pushed, counted.persons_pushed) as bigint) as persons_pushed,
    cast(case
        when campaigns.persons_pushed is not null then 'declared'
        when counted.persons_pushed is not null then 'contact_lists'
    end as {{ dbt.type_string() }}) as persons_pushed_source,
    cast(campaigns.is_declared as boolean) as is_declared
from {{ ref('int_campaigns') }} as campaigns
left join counted
    on campaigns.campaign_id = counted.campaign_id
