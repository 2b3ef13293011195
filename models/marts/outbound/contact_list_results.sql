-- One row per contact list: what was supplied, and what all its attempts up to `as_of` came to. Records are told by their own list; attempts, and the
-- records called, reached and processed, by the list the attempts name.
-- depends_on: {{ ref('kpi_catalogue') }}
with records as (
    select
        contact_list_id,
        {%- for validity in contact_record_faults() %}
        count(*) filter (where validity = '{{ validity }}') as {{ validity }}_records,
        {%- endfor %}
        count(*) filter (where validity is null) as unknown_validity_records,
        count(*) filter (where is_argued) as argued_records,
        count(*) filter (where is_converted) as converted_records,
        count(*) filter (where is_refused) as refused_records,
        count(*) filter (where is_usable and not is_processed) as remaining_records
    from {{ ref('fct_contact_records') }}
    where is_supplied
    group by contact_list_id
),

worked as (
    select
        scope_id as contact_list_id,
        called_records,
        reached_records,
        processed_records
    from {{ ref('record_measures') }}
    where
        grain = 'total'
        and scope_type = 'contact_list'
),

attempts as (
    select
        scope_id as contact_list_id,
        sum(outbound_calls) as outbound_calls,
        sum(argued_calls) as argued_calls
    from {{ ref('outbound_measures') }}
    where scope_type = 'contact_list'
    group by scope_id
),

joined as (
    select
        lists.contact_list_id,
        lists.campaign_id,
        campaigns.campaign_name,
        lists.supplied_date,
        lists.supplied_records,
        lists.usable_records,
        {%- for name in contact_record_faults() + ['unknown_validity', 'argued', 'converted', 'refused', 'remaining'] %}
        coalesce(records.{{ name }}_records, 0) as {{ name }}_records,
        {%- endfor %}
        coalesce(worked.called_records, 0) as called_records,
        coalesce(worked.reached_records, 0) as reached_records,
        coalesce(worked.processed_records, 0) as processed_records,
        coalesce(attempts.outbound_calls, 0) as outbound_calls,
        coalesce(attempts.argued_calls, 0) as argued_calls,
        persons.targeted_persons,
        persons.contacted_persons
    from {{ ref('dim_contact_lists') }} as lists
    left join {{ ref('dim_campaigns') }} as campaigns
        on lists.campaign_id = campaigns.campaign_id
    left join records
        on lists.contact_list_id = records.contact_list_id
    left join worked
        on lists.contact_list_id = worked.contact_list_id
    left join attempts
        on lists.contact_list_id = attempts.contact_list_id
    left join {{ ref('campaign_measures') }} as persons
        on lists.contact_list_id = persons.scope_id and persons.scope_type = 'contact_list'
)

select
    cast(contact_list_id as {{ dbt.type_string() }}) as contact_list_id,
    cast(campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(campaign_name as {{ dbt.type_string() }}) as campaign_name,
    cast(supplied_date as date) as supplied_date,
    {%- for name in ['supplied', 'usable'] + contact_record_faults() + ['unknown_validity', 'called', 'reached', 'argued', 'converted', 'refused',
                                                                        'processed', 'remaining'] %}
    cast({{ name }}_records as bigint) as {{ name }}_records,
    {%- endfor %}
    cast(outbound_calls as bigint) as outbound_calls,
    cast(argued_calls as bigint) as argued_calls,
    cast(targeted_persons as bigint) as targeted_persons,
    cast(contacted_persons as bigint) as contacted_persons,
    {#- Records of a list of an unknown day count in no KPI. #}
    case when supplied_date is not null then {{ kpi_rate('file_quality') }} end as file_quality,
    case when supplied_date is not null then {{ kpi_rate('exploitation_rate_per_record') }} end as exploitation_rate_per_record,
    {{ kpi_rate('contact_rate_per_record') }} as contact_rate_per_record,
    {{ kpi_rate('penetration_rate') }} as penetration_rate
from joined
