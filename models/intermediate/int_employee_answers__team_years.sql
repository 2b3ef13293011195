-- One row per kind of employee survey, team and year: whether the team's year may be published beside the centre's periods.
--
-- A team's months that were published are blocks of their own. What the team has left lies in blocks that several teams share (of a year that was split
-- off, so that no block lies in two). The sums published about such a block are its own, and those of the teams that cross it. Take any sum or
-- difference of them: each answer is weighed with a number of its block plus a number of its team. Each published team shares blocks with one team of
-- the year, its hub: summed over the blocks, the smaller of the two teams' answers reaches `min_group_size`. If two such numbers differ, one of the
-- two teams keeps a weight in every block they share, so that at least `min_group_size` answers do. If none differ, whole blocks do. The teams not
-- published count as one; the hub is published only if that one shares as much with it.
with shares as (
    select
        survey_type,
        {{ period_start_of('year', 'answer_date') }} as year_start_date,
        block,
        team_id,
        is_all_year,
        is_team_month,
        sum(answers) as answers
    from {{ ref('int_employee_answers__blocks') }}
    group by survey_type, year_start_date, block, team_id, is_all_year, is_team_month
),

sized as (
    select
        *,
        sum(answers) over (partition by survey_type, year_start_date, team_id) as team_answers
    from shares
    where
        is_all_year
        and not is_team_month
),

ranked as (
    select
        *,
        dense_rank() over (partition by survey_type, year_start_date order by team_answers desc, team_id asc nulls last) = 1 as is_hub
    from sized
),

beside_hub as (
    select
        *,
        sum(case when is_hub then answers else 0 end) over (partition by survey_type, block) as hub_answers
    from ranked
),

linked as (
    select
        *,
        not is_hub
        and team_id is not null
        and sum(least(answers, hub_answers)) over (partition by survey_type, year_start_date, team_id) >= {{ var('min_group_size') }} as is_linked
    from beside_hub
),

beside_others as (
    select
        *,
        sum(case when not is_hub and not is_linked then answers else 0 end) over (partition by survey_type, block) as other_answers
    from linked
),

hubs_judged as (
    select
        *,
        sum(case when not is_hub and not is_linked then answers else 0 end) over (partition by survey_type, year_start_date) as all_other_answers,
        sum(case when is_hub then least(answers, other_answers) else 0 end) over (partition by survey_type, year_start_date) as hub_shared_answers
    from beside_others
),

judged as (
    select
        survey_type,
        year_start_date,
        team_id,
        true as is_shared,
        is_linked or (is_hub and (all_other_answers = 0 or hub_shared_answers >= {{ var('min_group_size') }})) as is_team_year
    from hubs_judged
    union all
    select
        survey_type,
        year_start_date,
        team_id,
        false as is_shared,
        is_team_month as is_team_year
    from shares
    where
        is_team_month
        or not is_all_year
)

select
    survey_type,
    year_start_date,
    team_id,
    bool_and(is_team_year) as is_team_year,
    bool_or(is_shared and is_team_year) as is_shared_year_published
from judged
where team_id is not null
group by survey_type, year_start_date, team_id
