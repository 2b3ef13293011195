{{ config(materialized='view') }}
-- One row per thing beside its own record that a call, contact or agent state is computed from: a queue, an agent, a record of a contact list, `as_of`...
-- What changed since the run before tells which old calls to build anew.
with agents as (
    select
        agent_id,
        {{ sorted_list(join_texts('|', [
            "coalesce(cast(valid_from as " ~ dbt.type_string() ~ "), '-')",
            "coalesce(cast(valid_to as " ~ dbt.type_string() ~ "), '-')",
            "coalesce(team_id, '-')",
            "coalesce(site, '-')",
        ])) }} as content
    from {{ ref('int_agents__history') }}
    group by agent_id
)

select
    'as_of' as input,
    '' as context_key,
    cast(as_of as {{ dbt.type_string() }}) as content
from {{ ref('int_run') }}
union all
select
    'agent' as input,
    agent_id as context_key,
    content
from agents
union all
select
    'queue' as input,
    queue_id as context_key,
    {{ join_texts('|', [
        "coalesce(site, '-')", "timezone", "coalesce(cast(tier as " ~ dbt.type_string() ~ "), '-')", "coalesce(queue_name, '-')",
    ]) }} as content
from {{ ref('int_queues') }}
union all
select
    'campaign' as input,
    campaign_id as context_key,
    {{ join_texts('|', ["coalesce(objective, '-')", "coalesce(campaign_name, '-')", "coalesce(campaign_type, '-')"]) }} as content
from {{ ref('int_campaigns') }}
union all
select
    'contact_record' as input,
    records.contact_record_id as context_key,
    {{ person_of_record('records') }} as content
from {{ ref('stg_contact_records') }} as records
union all
-- A lead of its own needs no row: a call that names a lead nobody knows is treated the same.
select
    'lead' as input,
    lead_id as context_key,
    survivor_lead_id as content
from {{ ref('int_leads__survivors') }}
where survivor_lead_id <> lead_id
union all
select
    'result' as input,
    call_id as context_key,
    {{ join_texts('|', [
        "cast(is_named_by_order as " ~ dbt.type_string() ~ ")",
        "cast(is_named_by_appointment as " ~ dbt.type_string() ~ ")",
        "cast(created_leads as " ~ dbt.type_string() ~ ")",
    ]) }} as content
from {{ ref('int_calls__results') }}
union all
select
    'selfcare' as input,
    call_id as context_key,
    'followed' as content
from {{ ref('int_calls__selfcare') }}
