{{ connector_model() }}
-- One row per deal and list. The close date of a deal that is open is a plan.
with exported as (
    select
        {{ hubspot_object() }},
        coalesce({{ json_text('exported.properties', 'createdate') }}, exported.createdat) as created,
        {{ json_text('exported.properties', 'closedate') }} as closed,
        coalesce(lower({{ json_text('exported.properties', 'hs_is_closed') }}) = 'true', false) as is_closed,
        coalesce(lower({{ json_text('exported.properties', 'hs_is_closed_won') }}) = 'true', false) as is_won,
        {{ json_text('exported.properties', 'amount') }} as amount,
        {{ json_text('exported.properties', 'deal_currency_code') }} as currency,
        {{ json_text('exported.properties', 'pipeline') }} as pipeline
    from {{ source('hubspot', 'deals') }} as exported
)

select
    object_id as deal_id,
    contact_id,
    owner_id,
    {{ hubspot_instant('created') }} as created_at,
    case when is_closed then {{ hubspot_instant('closed') }} end as closed_at,
    case when is_closed then is_won end as is_won,
    amount,
    currency,
    is_won and listing = 1 and contact_id is not null and {{ is_in_option('pipeline', 'hubspot', 'order_pipelines') }} as is_order,
    updated_at,
    _file,
    _row,
    case when is_deleted then 'deleted in HubSpot' end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from exported
