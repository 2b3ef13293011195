{{ config(materialized='incremental', meta={'touched': 'call_days', 'by': ['call_date']}) }}
-- One row per local day, direction, campaign, queue and disposition code of the counted legs: what agents noted, with codes nobody declared and legs
-- without one told apart.
with counted as (
    select
        call_date,
        direction,
        campaign_id,
        queue_id,
        disposition_code,
        count(*) as calls,
        coalesce(sum(talk_seconds), 0) as talk_seconds,
        count(talk_seconds) as calls_with_known_talk
    from {{ ref('fct_calls') }}
    where
        is_counted
        and {{ is_touched('call_days', 'call_date') | indent(8) }}
    group by call_date, direction, campaign_id, queue_id, disposition_code
)

select
    cast({{ surrogate_key([
        'counted.call_date', 'counted.direction', 'counted.campaign_id', 'counted.queue_id', 'counted.disposition_code'
    ]) }} as {{ dbt.type_string() }}) as call_disposition_id,
    cast(counted.call_date as date) as call_date,
    cast(counted.direction as {{ dbt.type_string() }}) as direction,
    cast(counted.campaign_id as {{ dbt.type_string() }}) as campaign_id,
    cast(counted.queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(counted.disposition_code as {{ dbt.type_string() }}) as disposition_code,
    cast(dispositions.label_en as {{ dbt.type_string() }}) as label_en,
    cast(dispositions.label_fr as {{ dbt.type_string() }}) as label_fr,
    cast(case when counted.disposition_code is not null then dispositions.code is not null end as boolean) as is_known_code,
    cast(counted.calls as bigint) as calls,
    cast(counted.talk_seconds as bigint) as talk_seconds,
    cast(counted.calls_with_known_talk as bigint) as calls_with_known_talk
from counted
left join {{ ref('dispositions') }} as dispositions
    on counted.disposition_code = dispositions.code
