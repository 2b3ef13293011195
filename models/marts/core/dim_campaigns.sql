-- One row per campaign: declared in the raw campaigns, or only named by a call.
select
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaign_name as {{ dbt.type_string() }}) as campaign_name,
    cast(campaign_type as {{ dbt.type_string() }}) as campaign_type,
    cast(objective as {{ dbt.type_string() }}) as objective,
    cast(starts_on as date) as starts_on,
    cast(ends_on as date) as ends_on,
    cast(persons_targeted as bigint) as persons_targeted,
    cast(persons_pushed as bigint) as persons_pushed,
    cast(is_declared as boolean) as is_declared
from {{ ref('int_campaigns') }}
