-- One row per survey, kind of survey, queue, agent, channel and local day with an answer or an invitation of a customer: answers on the day of the answer,
-- invitations on the day of sending.
-- depends_on: {{ ref('kpi_catalogue') }}
{%- set place = ['survey_id', 'survey_type', 'queue_id', 'agent_id', 'team_id', 'channel'] %}
{%- set answer_counts = {
    'csat_answers': "survey_type = 'csat' and is_valid", 'csat_positive_answers': 'is_positive',
    'nps_answers': "survey_type = 'nps' and is_valid", 'nps_promoters': 'is_promoter', 'nps_passives': 'is_passive',
    'nps_detractors': 'is_detractor',
    'ces_answers': "survey_type = 'ces' and is_valid", 'ces_easy_answers': 'is_easy', 'ces_difficult_answers': 'is_difficult',
} %}
with answers as (
    select
        {{ place | join(', ') }},
        answer_date as survey_date,
        {%- for count, condition in answer_counts.items() %}
        count(*) filter (where {{ condition }}) as {{ count }},
        {%- endfor %}
        coalesce(sum(csat_score), 0) as csat_score,
        0 as survey_invitations,
        0 as answered_survey_invitations
    from {{ ref('fct_survey_responses') }}
    group by {{ place | join(', ') }}, answer_date
),

invitations as (
    select
        {{ place | join(', ') }},
        sent_date as survey_date,
        {%- for count in answer_counts %}
        0 as {{ count }},
        {%- endfor %}
        0 as csat_score,
        count(*) as survey_invitations,
        count(*) filter (where is_answered) as answered_survey_invitations
    from {{ ref('fct_survey_invitations') }}
    group by {{ place | join(', ') }}, sent_date
),

daily as (
    select * from answers
    union all
    select * from invitations
),

summed as (
    select
        {{ place | join(', ') }},
        survey_date,
        {%- for count in answer_counts %}
        sum({{ count }}) as {{ count }},
        {%- endfor %}
        sum(csat_score) as csat_score,
        sum(nps_promoters) - sum(nps_detractors) as nps_net_promoters,
        sum(ces_easy_answers) - sum(ces_difficult_answers) as ces_net_easy_answers,
        sum(survey_invitations) as survey_invitations,
        sum(answered_survey_invitations) as answered_survey_invitations
    from daily
    group by {{ place | join(', ') }}, survey_date
),

-- Without raw responses nobody knows which invitations were answered: unknown, not 0.
final as (
    select
        summed.*,
        availability.is_available as has_responses
    from summed
    cross join {{ ref('data_availability') }} as availability
    where availability.kpi_id = 'survey_response_rate'
)

select
    cast({{ surrogate_key(place + ['survey_date']) }} as {{ dbt.type_string() }}) as survey_result_id,
    cast(survey_id as {{ dbt.type_string() }}) as survey_id,
    cast(survey_type as {{ dbt.type_string() }}) as survey_type,
    cast(queue_id as {{ dbt.type_string() }}) as queue_id,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(channel as {{ dbt.type_string() }}) as channel,
    cast(survey_date as date) as survey_date,
    cast(survey_invitations as bigint) as survey_invitations,
    cast(case when has_responses then answered_survey_invitations end as bigint) as answered_survey_invitations,
    {%- for measure in [
        'csat_answers', 'csat_positive_answers', 'nps_answers', 'nps_promoters', 'nps_passives',
        'nps_detractors', 'nps_net_promoters', 'ces_answers', 'ces_easy_answers', 'ces_difficult_answers', 'ces_net_easy_answers',
    ] %}
    cast({{ measure }} as bigint) as {{ measure }},
    {%- endfor %}
    cast(csat_score as decimal(38, 12)) as csat_score,
    cast(case when has_responses then {{ kpi_rate('survey_response_rate') }} end as double) as survey_response_rate,
    {%- for kpi_id in ['csat', 'csat_mean', 'nps', 'ces'] %}
    {{ kpi_rate(kpi_id) }} as {{ kpi_id }}{{ ',' if not loop.last }}
    {%- endfor %}
from final
