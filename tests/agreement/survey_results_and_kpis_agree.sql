-- What the survey mart adds up to per survey and day is what the KPIs of scope survey say, and neither has a day the other lacks.
{%- set sides = {
    'csat': ('csat_positive_answers', 'csat_answers'),
    'csat_mean': ('csat_score', 'csat_answers'),
    'nps': ('nps_net_promoters', 'nps_answers'),
    'ces': ('ces_net_easy_answers', 'ces_answers'),
    'survey_response_rate': ('answered_survey_invitations', 'survey_invitations'),
} %}
with marts as (
    {%- for kpi_id, columns in sides.items() %}
    select
        survey_id,
        survey_date,
        '{{ kpi_id }}' as kpi_id,
        sum({{ columns[0] }}) as numerator,
        sum({{ columns[1] }}) as denominator
    from {{ ref('survey_results') }}
    group by survey_id, survey_date
    having sum({{ columns[1] }}) > 0 and sum({{ columns[0] }}) is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

kpis as (
    select
        scope_id as survey_id,
        period_start as survey_date,
        kpi_id,
        numerator,
        denominator
    from {{ ref('kpi_values') }}
    where
        grain = 'day'
        and scope_type = 'survey'
        and denominator > 0
        and kpi_id in ('{{ sides | join("', '") }}')
)

select
    coalesce(marts.survey_id, kpis.survey_id) as survey_id,
    coalesce(marts.survey_date, kpis.survey_date) as survey_date,
    coalesce(marts.kpi_id, kpis.kpi_id) as kpi_id,
    marts.numerator,
    kpis.numerator as numerator_of_kpis,
    marts.denominator,
    kpis.denominator as denominator_of_kpis
from marts
full outer join kpis
    on marts.survey_id = kpis.survey_id and marts.survey_date = kpis.survey_date and marts.kpi_id = kpis.kpi_id
where
    not coalesce(marts.numerator = kpis.numerator, false)
    or not coalesce(marts.denominator = kpis.denominator, false)
