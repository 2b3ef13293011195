{{ connector_model() }}
-- One row per delivery of an opportunity: its newest delivery counts. The day an open one is expected to close is no day it closed.
with delivered as (
    select
        *,
        {{ salesforce_newest_first() }} as newest_first
    from {{ source('salesforce', 'opportunities') }}
)

select
    {{ first_folder('_file') }} as folder,
    id,
    accountid as account_id,
    campaignid as campaign_id,
    amount,
    currencyisocode as currency,
    {{ salesforce_flag('isclosed') }} as is_closed,
    {{ salesforce_flag('iswon') }} as is_won,
    {{ salesforce_day('closedate') }} as close_day,
    {{ salesforce_instant('createddate') }} as created_at,
    {{ salesforce_instant('coalesce(systemmodstamp, lastmodifieddate)') }} as updated_at,
    _file,
    _row,
    case
        when id is not null and newest_first > 1 then 'a later delivery of the opportunity counts'
        when {{ salesforce_flag('isdeleted') }} then 'the opportunity was deleted'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from delivered
