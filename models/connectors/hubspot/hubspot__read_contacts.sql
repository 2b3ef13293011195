{{ connector_model() }}
-- One row per contact and list, with the contact that it was merged into. One that was merged is listed no more; the one that is left names it.
with exported as (
    select
        {{ hubspot_object() }},
        coalesce({{ json_text('exported.properties', 'createdate') }}, exported.createdat) as created,
        lower({{ json_text('exported.properties', 'lifecyclestage') }}) as lifecycle_stage,
        upper({{ json_text('exported.properties', 'hs_lead_status') }}) as lead_status,
        coalesce(
            {{ json_text('exported.properties', 'hs_lifecyclestage_salesqualifiedlead_date') }},
            {{ json_text('exported.properties', 'hs_lifecyclestage_opportunity_date') }}
        ) as qualified,
        {{ json_text('exported.properties', 'hs_lifecyclestage_customer_date') }} as converted,
        {{ json_text('exported.properties', 'hs_analytics_source') }} as source_channel,
        {{ json_text('exported.properties', 'hs_analytics_first_touch_converting_campaign') }} as campaign_id,
        {{ json_text('exported.properties', 'industry') }} as industry,
        {{ json_text('exported.properties', 'hs_merged_object_ids') }} as merged_ids
    from {{ source('hubspot', 'contacts') }} as exported
),

named as (
    select
        exported.folder,
        exported.object_id,
        exported.updated_at,
        items.item as merged_id
    from exported
    cross join lateral {{ json_items("'[' || replace(exported.merged_ids, ';', ',') || ']'") }} as items
    where exported.merged_ids is not null
),

merged as (
    select
        folder,
        merged_id,
        {{ value_at_last('object_id', ordering_key([parse_instant('updated_at'), 'object_id'])) }} as survivor_id
    from named
    group by folder, merged_id
),

staged as (
    select
        *,
        max(case when listing = 1 then lifecycle_stage end) over (partition by folder, object_id) as last_lifecycle_stage
    from exported
)

select
    staged.folder,
    staged.object_id as contact_id,
    staged.owner_id,
    {{ hubspot_instant('staged.created') }} as created_at,
    {{ hubspot_instant('staged.qualified') }} as qualified_at,
    {{ hubspot_instant('staged.converted') }} as converted_at,
    staged.lifecycle_stage,
    staged.lead_status,
    staged.source_channel,
    staged.campaign_id,
    staged.industry,
    merged.survivor_id,
    staged.updated_at,
    staged._file,
    staged._row,
    case
        when staged.is_deleted then 'deleted in HubSpot'
        when staged.last_lifecycle_stage in ('subscriber', 'other') then 'a contact of the stage subscriber or other is no lead'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from staged
left join merged
    on
        staged.folder = merged.folder
        and staged.object_id = merged.merged_id
