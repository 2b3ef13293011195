-- One row per period and scope with at least one attempt on a contact record: the records called, reached and processed, each counted once.
{%- set measures = measures_of('record_measures') %}
{%- set scopes = {'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id', 'agent': 'agent_id', 'team': 'team_id'} %}
{%- set processed_scopes = {'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id'} %}
with called as (
    select
        call_date as measure_date,
        campaign_id,
        contact_list_id,
        agent_id,
        team_id,
        contact_record_id,
        local_started_at,
        is_contact_established,
        is_final
    from {{ ref('fct_calls') }}
    where
        is_outbound
        and contact_record_id is not null
),

reached as (
    select * from called
    where is_contact_established
),

-- A record's own final disposition counts on the day of its last attempt.
closed as (
    select
        measure_date,
        campaign_id,
        contact_list_id,
        contact_record_id
    from called
    where is_final
    union all
    select
        last_attempt_date as measure_date,
        last_campaign_id as campaign_id,
        last_contact_list_id as contact_list_id,
        contact_record_id
    from {{ ref('fct_contact_records') }}
    where
        has_final_disposition
        and is_called
),

-- Only records worked enough in a campaign over all days can be worked enough in a shorter period: few.
worked as (
    select
        contact_record_id,
        coalesce(campaign_id, '') as campaign_key
    from called
    group by contact_record_id, coalesce(campaign_id, '')
    having {{ is_worked_enough('bit_or(' ~ hour_bit('local_started_at') ~ ')') }}
),

worked_days as (
    select
        called.measure_date,
        called.campaign_id,
        called.contact_list_id,
        called.contact_record_id,
        {{ hour_bit('called.local_started_at') }} as hours,
        0 as closures
    from called
    inner join worked
        on called.contact_record_id = worked.contact_record_id and coalesce(called.campaign_id, '') = worked.campaign_key
    union all
    select
        closed.measure_date,
        closed.campaign_id,
        closed.contact_list_id,
        closed.contact_record_id,
        0 as hours,
        1 as closures
    from closed
    inner join worked
        on closed.contact_record_id = worked.contact_record_id and coalesce(closed.campaign_id, '') = worked.campaign_key
),

worked_in_periods as (
    {{ keys_in_periods(
        'worked_days',
        ['campaign_id', 'contact_record_id'],
        processed_scopes,
        {'hours': 'bit_or(hours)', 'closures': 'sum(closures)'}
    ) | indent(4) }}
),
{% for name, keys in {'called': ['contact_record_id'], 'reached': ['contact_record_id'], 'closed': ['campaign_id', 'contact_record_id']}.items() %}
first_{{ name }} as (
    {{ first_days_of_keys(name, keys, processed_scopes if name == 'closed' else scopes) | indent(4) }}
),

{{ name }}_records as (
    {{ keys_by_period('first_' ~ name, 'records') | indent(4) }}
),
{% endfor %}
-- Processed are the records closed, and those worked enough without.
counted as (
    {%- for name in ['called', 'reached', 'closed'] %}
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        {{ 'records' if name == 'called' else '0' }} as called_records,
        {{ 'records' if name == 'reached' else '0' }} as reached_records,
        {{ 'records' if name == 'closed' else '0' }} as processed_records
    from {{ name }}_records
    union all
    {%- endfor %}
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        0 as called_records,
        0 as reached_records,
        count(*) as processed_records
    from worked_in_periods
    where
        closures = 0
        and {{ is_worked_enough('hours') }}
    group by grain, period_start, scope_type, scope_id
),

final as (
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ measure_type(measure) }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    group by grain, period_start, scope_type, scope_id
)

select
    {{ period_measure_columns(measures) }}
from final
