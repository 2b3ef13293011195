-- One row per day on which a campaign started, and scope: the persons the campaign and its lists are aimed at, and those contacted and converted by
-- `as_of`.
{%- set measures = measures_of('campaign_measures') %}
with persons as (
    select
        campaign_id,
        contact_list_id,
        person_id,
        max(case when is_contact_established then 1 else 0 end) as is_contacted,
        max(case when is_conversion then 1 else 0 end) as is_converted
    from {{ ref('fct_calls') }}
    where
        is_outbound
        and person_id is not null
        and (is_contact_established or is_conversion)
    group by campaign_id, contact_list_id, person_id
),

-- A person contacted from two lists of a campaign is one person of it.
{%- for scope in ['campaign', 'contact_list'] %}
persons_of_{{ scope }} as (
    select
        {{ scope }}_id,
        sum(is_contacted) as contacted_persons,
        sum(is_converted) as converted_persons
    from (
        select
            {{ scope }}_id,
            max(is_contacted) as is_contacted,
            max(is_converted) as is_converted
        from persons
        where {{ scope }}_id is not null
        group by {{ scope }}_id, person_id
    ) as once
    group by {{ scope }}_id
),
{% endfor %}
started as (
    select
        campaigns.campaign_id,
        campaigns.starts_on,
        campaigns.persons_targeted,
        campaigns.persons_pushed
    from {{ ref('dim_campaigns') }} as campaigns
    cross join {{ ref('int_run') }} as run
    where campaigns.starts_on <= run.as_of_date
),

daily as (
    select
        started.starts_on as measure_date,
        started.campaign_id,
        started.persons_targeted as targeted_persons,
        started.persons_pushed as pushed_persons,
        persons.contacted_persons,
        persons.converted_persons
    from started
    left join persons_of_campaign as persons
        on started.campaign_id = persons.campaign_id
),

daily_lists as (
    select
        started.starts_on as measure_date,
        lists.contact_list_id,
        lists.persons_targeted as targeted_persons,
        lists.persons_pushed as pushed_persons,
        persons.contacted_persons,
        persons.converted_persons
    from {{ ref('dim_contact_lists') }} as lists
    inner join started
        on lists.campaign_id = started.campaign_id
    left join persons_of_contact_list as persons
        on lists.contact_list_id = persons.contact_list_id
    where lists.is_supplied
),

by_scope as (
    {{ measures_by_scope('daily', {'all': none, 'campaign': 'campaign_id'}, measures) | indent(4) }}
    union all
    {{ measures_by_scope('daily_lists', {'contact_list': 'contact_list_id'}, measures) | indent(4) }}
),

-- Nobody aimed at, as in a campaign without lists, is 0: the rate is unknown then.
final as (
    select
        measure_date,
        scope_type,
        scope_id,
        {%- for measure in measures %}
        coalesce({{ measure }}, 0) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_scope
)

select
    {{ measure_columns(measures) }}
from final
