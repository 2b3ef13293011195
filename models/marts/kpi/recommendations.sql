-- One row per gap of performance_gaps and rule of recommendation_rules whose cause the data show: the evidence, the action, and what it may bring, in the
-- KPI's unit. Ranked within the grain by what it brings as a part of the reference.
{%- set carried = [
    'grain', 'period_start', 'scope_type', 'scope_id', 'rule_id', 'kpi_id', 'name_en', 'name_fr', 'unit', 'better_sign', 'value', 'reference', 'gap',
    'effect_basis', 'cause_en', 'cause_fr', 'action_en', 'action_fr', 'source',
] %}
with gaps as (
    select
        performance_gaps.*,
        case performance_gaps.better when 'higher' then 1 else -1 end as better_sign
    from {{ ref('performance_gaps') }} as performance_gaps
    where performance_gaps.grain in ('day', 'week', 'month', 'quarter')
),

matched as (
    select
        gaps.*,
        rules.rule_id,
        rules.cause_kpi_id,
        rules.min_excess_percent,
        rules.effect,
        rules.coefficient,
        rules.effect_basis,
        rules.cause_en,
        rules.cause_fr,
        rules.action_en,
        rules.action_fr,
        rules.source
    from gaps
    inner join {{ ref('recommendation_rules') }} as rules
        on gaps.kpi_id = rules.kpi_id
    where ' ' || rules.scopes || ' ' like '% ' || gaps.scope_type || ' %'
),

-- The cause in the same scope and period, against its target, else its benchmark, else the whole centre. Too few calls show no cause.
compared as (
    select
        matched.*,
        causes.name_en as cause_name_en,
        causes.name_fr as cause_name_fr,
        causes.unit as cause_unit,
        causes.value as cause_value,
        causes.numerator as cause_numerator,
        causes.denominator as cause_denominator,
        coalesce(causes.target, causes.benchmark, centre.value) as cause_reference,
        case
            when causes.target is not null then 'target'
            when causes.benchmark is not null then 'benchmark'
            else 'centre'
        end as cause_reference_basis,
        case causes.better when 'higher' then 1 else -1 end as cause_sign
    from matched
    inner join {{ ref('kpi_scorecard') }} as causes
        on
            matched.cause_kpi_id = causes.kpi_id
            and matched.grain = causes.grain
            and matched.scope_type = causes.scope_type
            and matched.scope_id = causes.scope_id
    left join {{ ref('kpi_scorecard') }} as centre
        on
            matched.cause_kpi_id = centre.kpi_id
            and matched.grain = centre.grain
            and centre.scope_type = 'all'
    where causes.status <> 'low_volume'
),

measured as (
    select
        *,
        cause_sign * (cause_reference - cause_value) as excess,
        case effect
            when 'points' then coefficient * cause_sign * (cause_reference - cause_value)
            when 'proportion' then value * cause_sign * (cause_reference - cause_value) / nullif(cause_value, 0)
        end as effect_size
    from compared
),

explained as (
    select * from measured
    where
        excess > 0
        and excess >= abs(cause_reference) * min_excess_percent / 100
),

-- A half hour is short when there were fewer agents than needed and the target was missed: of a small queue's agents, who serve others too, some time is
-- nearly always missing.
staffed as (
    select
        *,
        missing_agent_seconds > 0
        and 100 * answered_within_target_calls < coalesce(target_service_level * offered_calls, 0) as is_short
    from {{ ref('staffing') }}
    where missing_agent_seconds is not null
),

-- What is gained is counted in millionths of calls, so that the sum does not depend on the order of rows.
staffed_days as (
    select
        queue_id,
        call_date,
        sum(offered_calls) as offered_calls,
        sum(case when is_short then offered_calls else 0 end) as short_calls,
        sum(case when is_short then missing_agent_seconds else 0 end) as missing_seconds,
        sum(case when is_short then cast(floor(1000000 * greatest(
            0,
            offered_calls * coalesce(erlang_a_service_level, erlang_c_service_level) / 100 - answered_within_target_calls
        )) as bigint) else 0 end) as gained_millionths
    from staffed
    group by queue_id, call_date
),

understaffed as (
    select
        matched.grain,
        matched.scope_type,
        matched.scope_id,
        matched.rule_id,
        matched.kpi_id,
        cast(sum(staffed_days.offered_calls) as bigint) as offered_calls,
        cast(sum(staffed_days.short_calls) as bigint) as short_calls,
        cast(sum(staffed_days.missing_seconds) as bigint) as missing_seconds,
        cast(sum(staffed_days.gained_millionths) as bigint) as gained_millionths
    from matched
    inner join staffed_days
        on
            matched.period_start <= staffed_days.call_date
            and {{ period_after('matched.grain', 'matched.period_start') }} > staffed_days.call_date
            and case matched.scope_type when 'all' then 'all' else staffed_days.queue_id end = matched.scope_id
    where matched.effect = 'staffing'
    group by matched.grain, matched.scope_type, matched.scope_id, matched.rule_id, matched.kpi_id
),

found as (
    select
        {{ carried | join(', ') }},
        cause_kpi_id as cause_id,
        cause_name_en,
        cause_name_fr,
        cause_unit,
        cause_value,
        cause_reference,
        cause_reference_basis,
        cause_numerator,
        cause_denominator,
        cast(null as double) as missing_agent_hours,
        effect_size
    from explained
    union all
    select
        {{ qualified('matched', carried) | join(', ') }},
        'understaffing' as cause_id,
        'Calls in half hours with too few agents that missed the target' as cause_name_en,
        'Appels dans des demi-heures en sous-effectif hors objectif' as cause_name_fr,
        'percent' as cause_unit,
        100 * cast(understaffed.short_calls as double) / understaffed.offered_calls as cause_value,
        0 as cause_reference,
        'staffing' as cause_reference_basis,
        understaffed.short_calls as cause_numerator,
        understaffed.offered_calls as cause_denominator,
        understaffed.missing_seconds / 3600e0 as missing_agent_hours,
        100 * cast(understaffed.gained_millionths as double) / 1000000 / understaffed.offered_calls as effect_size
    from matched
    inner join understaffed
        on
            matched.grain = understaffed.grain
            and matched.scope_type = understaffed.scope_type
            and matched.scope_id = understaffed.scope_id
            and matched.rule_id = understaffed.rule_id
            and matched.kpi_id = understaffed.kpi_id
    where understaffed.short_calls > 0
),

-- What would lie beyond the reference is not counted.
limited as (
    select
        *,
        least(effect_size, abs(gap)) as expected_effect
    from found
    where effect_size > 0
),

ranked as (
    select
        *,
        row_number() over (
            partition by grain
            order by
                expected_effect / nullif(abs(reference), 0) desc nulls last,
                kpi_id asc, scope_type asc, scope_id asc, rule_id asc
        ) as rank_by_effect
    from limited
)

select
    cast({{ surrogate_key(['grain', 'scope_type', 'scope_id', 'rule_id', 'kpi_id']) }} as {{ dbt.type_string() }}) as recommendation_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(period_start as date) as period_start,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(rank_by_effect as bigint) as rank_by_effect,
    cast(rule_id as {{ dbt.type_string() }}) as rule_id,
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(name_en as {{ dbt.type_string() }}) as name_en,
    cast(name_fr as {{ dbt.type_string() }}) as name_fr,
    cast(unit as {{ dbt.type_string() }}) as unit,
    cast(value as double) as value,
    cast(reference as double) as reference,
    cast(gap as double) as gap,
    cast(cause_id as {{ dbt.type_string() }}) as cause_id,
    cast(cause_name_en as {{ dbt.type_string() }}) as cause_name_en,
    cast(cause_name_fr as {{ dbt.type_string() }}) as cause_name_fr,
    cast(cause_unit as {{ dbt.type_string() }}) as cause_unit,
    cast(cause_value as double) as cause_value,
    cast(cause_reference as double) as cause_reference,
    cast(cause_reference_basis as {{ dbt.type_string() }}) as cause_reference_basis,
    cast(cause_numerator as decimal(38, 12)) as cause_numerator,
    cast(cause_denominator as decimal(38, 12)) as cause_denominator,
    cast(missing_agent_hours as double) as missing_agent_hours,
    cast(effect_basis as {{ dbt.type_string() }}) as effect_basis,
    cast(expected_effect as double) as expected_effect,
    cast(value + better_sign * expected_effect as double) as expected_value,
    cast(100 * expected_effect / abs(gap) as double) as expected_gap_closed_percent,
    cast(cause_en as {{ dbt.type_string() }}) as cause_en,
    cast(cause_fr as {{ dbt.type_string() }}) as cause_fr,
    cast(action_en as {{ dbt.type_string() }}) as action_en,
    cast(action_fr as {{ dbt.type_string() }}) as action_fr,
    cast(source as {{ dbt.type_string() }}) as source
from ranked
