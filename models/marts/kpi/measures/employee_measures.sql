-- One row per period and scope with a result of an employee survey that may be published. Small groups have no rows, and none follows from the others.
{%- set measures = measures_of('employee_measures') %}
with cells as (
    select
        grain,
        period_start,
        scope_type,
        scope_id,
        cast(sum(case when survey_type = 'enps' then favourable_answers - unfavourable_answers end) as bigint) as enps_net_promoters,
        cast(sum(case when survey_type = 'enps' then answers end) as bigint) as enps_answers,
        cast(sum(case when survey_type = 'pulse' then favourable_answers end) as bigint) as pulse_favourable_answers,
        cast(sum(case when survey_type = 'pulse' then answers end) as bigint) as pulse_answers
    from {{ ref('int_employee_answers__published') }}
    group by grain, period_start, scope_type, scope_id
)

select
    {{ period_measure_columns(measures) }}
from cells
