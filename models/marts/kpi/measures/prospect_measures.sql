-- One row per period and scope in which at least one known person was contacted: the prospects contacted and those of them converted, each counted once
-- per campaign.
{%- set measures = measures_of('prospect_measures') %}
{%- set scopes = {'all': none, 'campaign': 'campaign_id', 'contact_list': 'contact_list_id', 'agent': 'agent_id', 'team': 'team_id'} %}
{%- set prospect = ['campaign_id', 'person_id'] %}
with attempts as (
    select
        call_date as measure_date,
        campaign_id,
        contact_list_id,
        agent_id,
        team_id,
        person_id,
        is_contact_established,
        is_conversion
    from {{ ref('fct_calls') }}
    where
        is_outbound
        and person_id is not null
        and (is_contact_established or is_conversion)
),

contacted as (
    select * from attempts
    where is_contact_established
),

-- Only prospects converted at some time can be converted in a period: few.
converted as (
    select distinct
        coalesce(campaign_id, '') as campaign_key,
        person_id
    from attempts
    where is_conversion
),

converted_days as (
    select
        attempts.*,
        case when attempts.is_contact_established then 1 else 0 end as contacts,
        case when attempts.is_conversion then 1 else 0 end as conversions
    from attempts
    inner join converted
        on attempts.person_id = converted.person_id and coalesce(attempts.campaign_id, '') = converted.campaign_key
),

converted_in_periods as (
    {{ keys_in_periods(
        'converted_days', prospect, scopes, {'contacts': 'sum(contacts)', 'conversions': 'sum(conversions)'}
    ) | indent(4) }}
),

first_contacted as (
    {{ first_days_of_keys('contacted', prospect, scopes) | indent(4) }}
),

contacted_in_periods as (
    {{ keys_by_period('first_contacted', 'prospects') | indent(4) }}
),

counted as (
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        prospects as contacted_prospects,
        0 as converted_prospects
    from contacted_in_periods
    union all
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        0 as contacted_prospects,
        count(*) as converted_prospects
    from converted_in_periods
    where
        contacts > 0
        and conversions > 0
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
