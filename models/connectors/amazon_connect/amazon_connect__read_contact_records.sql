{{ connector_model() }}
-- One row per delivery of a contact record, its documents taken apart.
with records as (
    select
        *,
        {{ json_text('agent', 'Username') }} as agent_username,
        {{ json_text('agent', 'ConnectedToAgentTimestamp') }} as connected_to_agent_at,
        {{ json_text('queue', 'EnqueueTimestamp') }} as enqueued_at
    from {{ source('amazon_connect', 'contact_records') }}
)

select
    contactid as contact_id,
    initialcontactid as initial_contact_id,
    previouscontactid as previous_contact_id,
    nextcontactid as next_contact_id,
    lower(channel) as channel,
    upper(initiationmethod) as initiation_method,
    case
        when upper(initiationmethod) = 'EXTERNAL_OUTBOUND' then 'internal'
        when upper(initiationmethod) in ('OUTBOUND', 'CALLBACK', 'AGENT_REPLY') then 'outbound'
        when upper(initiationmethod) = 'API' and upper(channel) = 'VOICE' then 'outbound'
        else 'inbound'
    end as direction,
    initiationtimestamp as initiated_at,
    connectedtosystemtimestamp as connected_to_system_at,
    disconnecttimestamp as disconnected_at,
    upper(disconnectreason) as disconnect_reason,
    transfercompletedtimestamp as transferred_at,
    lastupdatetimestamp as updated_at,
    agent,
    agent_username,
    connected_to_agent_at,
    queue,
    enqueued_at,
    lower({{ json_text('attributes', 'callmart_outcome') }}) as outcome_by_flow,
    {{ json_text('campaign', 'CampaignId') }} as campaign_id,
    coalesce(customerid, {{ json_text('attributes', 'customer_id') }}) as customer_id,
    {{ json_text('customerendpoint', 'Address') }} as customer_address,
    {{ json_text('systemendpoint', 'Address') }} as system_address,
    coalesce(recording, recordings) as recordings,
    upper(answeringmachinedetectionstatus) as picked_up_by,
    _file,
    _row,
    case
        when upper(initiationmethod) = 'MONITOR' then 'a supervisor listening in is no contact'
        when upper(channel) = 'TASK' then 'a task is no contact with a customer'
    end as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from records
