-- One row per load level (calls in a half hour, handle time, targets, patience): the fewest agents that reach the targets by Erlang C and by Erlang A, and
-- what each formula expects of them. Half hours that are alike share a level, so that each is worked out once.
{%- set panels = 3 %}
{%- set is_enough = '(target_service_level is null or service_level >= target_service_level)
        and (target_speed_of_answer is null or speed_of_answer <= target_speed_of_answer)' %}
with levels as (
    select
        *,
        row_number() over (
            order by
                offered_calls asc, handle_seconds asc, target_answer_seconds asc, target_service_level asc nulls first,
                target_speed_of_answer asc nulls first, patience_seconds asc nulls first
        ) as level_number,
        offered_calls * handle_seconds / 1800e0 as load_erlangs,
        cast(target_answer_seconds as double) / handle_seconds as answer_time,
        cast(handle_seconds as double) / patience_seconds as impatience
    from (
        select distinct
            offered_calls,
            handle_seconds,
            target_answer_seconds,
            target_service_level,
            target_speed_of_answer,
            patience_seconds
        from {{ ref('int_staffing__intervals') }}
        where coalesce(target_service_level, target_speed_of_answer) is not null
    ) as alike
),

-- Numbers of agents from where the sum of probabilities has its first noticeable term to where nobody waits: some twenty square roots of the load.
bounded as (
    select
        *,
        greatest(0, floor(least(coalesce(target_service_level, 0) / 100, 1) * load_erlangs - 9 * sqrt(load_erlangs) - 9)) as first_agents,
        ceil(load_erlangs + 6 * sqrt(load_erlangs) + 6) as last_agents
    from levels
),

-- The share of a Poisson distribution with the load as its mean: the chance that so many are busy where nobody may wait.
candidates as (
    select
        bounded.*,
        cast(series.number as double) as agents,
        {{ poisson_probability('series.number', 'bounded.load_erlangs') }} as probability
    from bounded
    cross join lateral {{ numbers_between('bounded.first_agents', 'bounded.last_agents') }} as series
),

summed as {{ by_itself() }} (
    select
        *,
        sum(probability) over (
            partition by level_number
            order by agents asc
            rows between unbounded preceding and current row
        ) as probability_up_to
    from candidates
),

-- Erlang B: the chance that all agents are busy. `idle_weight` is the same of one agent fewer, turned over.
blocked as {{ by_itself() }} (
    select
        *,
        probability / nullif(probability_up_to, 0) as blocking,
        lag(probability_up_to) over (partition by level_number order by agents asc)
        / nullif(lag(probability) over (partition by level_number order by agents asc), 0) as idle_weight
    from summed
),

-- Erlang C: callers wait for ever. The chance to wait, and how fast the queue clears, in handle times.
waiting as (
    select
        *,
        agents * blocking / (agents - load_erlangs * (1 - blocking)) as wait_probability,
        agents - load_erlangs as clearance
    from blocked
    where agents > load_erlangs
),

expected_c as (
    select
        level_number,
        agents,
        100 * (1 - wait_probability * exp(-clearance * answer_time)) as service_level,
        wait_probability / clearance * handle_seconds as speed_of_answer,
        target_service_level,
        target_speed_of_answer
    from waiting
),

-- Erlang A: callers leave after a patience of exponential length. The wait a caller with endless patience would find has the density
-- exp(load / impatience * (1 - exp(-impatience * time)) - agents * time) times a constant (Mandelbaum and Zeltyn, The Palm/Erlang-A Queue, 2004). With more
-- load than agents it peaks at `peak`; seen from there it falls on both sides, and is 1 at most.
peaked as (
    select
        *,
        least(load_erlangs, agents) as held_load,
        greatest(0, ln(load_erlangs / agents) / impatience) as peak
    from blocked
    where
        agents >= 1
        and agents >= load_erlangs * least(coalesce(target_service_level, 0) / 100, 1)
        and idle_weight is not null
        and impatience is not null
),

-- Where the density is below exp(-36) of its peak: from a bound on it while it bends, or after it has bent.
reached as (
    select
        *,
        case when peak > 0 then exp(agents * peak - (load_erlangs - agents) / impatience) else 1 end as scale,
        least(peak, 8.5e0 / sqrt(agents * impatience)) as reach_before,
        72 / (agents - held_load + sqrt(power(agents - held_load, 2) + 52.992e0 * held_load * impatience)) as reach_bending
    from peaked
),

spanned as (
    select
        *,
        case
            when reach_bending * impatience <= 1 then reach_bending
            else
                1 / impatience
                + greatest(0, 36 + (0.6321205588285577e0 * held_load - agents) / impatience) / (agents - 0.368e0 * held_load)
        end as reach_after
    from reached
),

-- The time scales of the density are the inverse of impatience and of the number of agents: panels keep a fixed number of points exact for both.
panelled as (
    select
        *,
        -reach_before as span_0,
        least(1 / impatience, reach_after) as span_1,
        least(6 / impatience, reach_after) as span_2,
        reach_after as span_3,
        greatest(answer_time - peak, -reach_before) as answer_bound
    from spanned
),

timed as (
    select
        *,
        {%- for bound in range(panels + 1) %}
        least(span_{{ bound }}, answer_bound) as answer_{{ bound }}{{ ',' if not loop.last }}
        {%- endfor %}
    from panelled
),

-- Weights, on the scale of the density: nobody waits, somebody does, is answered in time, and the sum of the waits of the answered.
{%- set density = 'exp(held_load / impatience * (1 - exp(-impatience * $)) - agents * $)' %}
{%- set answered_density = 'exp(held_load / impatience * (1 - exp(-impatience * $)) - (agents + impatience) * $)' %}
weighed as (
    select
        level_number,
        agents,
        handle_seconds,
        target_service_level,
        target_speed_of_answer,
        idle_weight * scale as idle,
        load_erlangs,
        scale,
        (
            {{- integral(density, 'span', panels) | indent(8) }}
        ) as waiting_time,
        held_load * (
            {{- integral(answered_density, 'answer', panels) | indent(8) }}
        ) as answered_in_time,
        held_load * (
            {{- integral('(peak + $) * ' ~ answered_density, 'span', panels) | indent(8) }}
        ) as waits
    from timed
),

-- A caller who waits is answered or leaves: over all waits the agents serve what comes less the first to find them busy, which gives the answered ones.
balanced as (
    select
        *,
        load_erlangs * waiting_time as waited,
        agents * waiting_time - scale as answered_after_wait
    from weighed
),

expected_a as (
    select
        level_number,
        agents,
        100 * (idle + answered_in_time) / (idle + waited) as service_level,
        waits / (idle + answered_after_wait) * handle_seconds as speed_of_answer,
        100 * (1 - (idle + answered_after_wait) / (idle + waited)) as abandonment_rate,
        target_service_level,
        target_speed_of_answer
    from balanced
),

best_c as (
    select
        level_number,
        min(agents) as agents,
        {{ value_at_first('service_level', 'agents') }} as service_level,
        {{ value_at_first('speed_of_answer', 'agents') }} as speed_of_answer
    from expected_c
    where
        {{ is_enough }}
    group by level_number
),

best_a as (
    select
        level_number,
        min(agents) as agents,
        {{ value_at_first('service_level', 'agents') }} as service_level,
        {{ value_at_first('speed_of_answer', 'agents') }} as speed_of_answer,
        {{ value_at_first('abandonment_rate', 'agents') }} as abandonment_rate
    from expected_a
    where
        {{ is_enough }}
    group by level_number
)

select
    levels.offered_calls,
    levels.handle_seconds,
    levels.target_answer_seconds,
    levels.target_service_level,
    levels.target_speed_of_answer,
    levels.patience_seconds,
    cast(levels.load_erlangs as double) as load_erlangs,
    cast(best_c.agents as bigint) as erlang_c_agents,
    cast(best_c.service_level as double) as erlang_c_service_level,
    cast(best_c.speed_of_answer as double) as erlang_c_speed_of_answer,
    cast(best_a.agents as bigint) as erlang_a_agents,
    cast(best_a.service_level as double) as erlang_a_service_level,
    cast(best_a.speed_of_answer as double) as erlang_a_speed_of_answer,
    cast(best_a.abandonment_rate as double) as erlang_a_abandonment_rate
from levels
left join best_c
    on levels.level_number = best_c.level_number
left join best_a
    on levels.level_number = best_a.level_number
