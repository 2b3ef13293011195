-- One row per kind of employee survey, grain, period and scope (all, team) that may be published: every cell but those that would show a small group,
-- alone or by subtraction.
with frozen_years as (
    select
        survey_type,
        year_start_date
    from {{ ref('int_employee_answers__team_years') }}
    where is_shared_year_published
    group by survey_type, year_start_date
),

-- Blocks that the year of a team crosses are not split further.
answers as (
    select
        blocks.survey_type,
        blocks.team_id,
        blocks.answer_date,
        blocks.answers,
        blocks.favourable_answers,
        blocks.unfavourable_answers,
        blocks.block,
        frozen_years.survey_type is not null and not blocks.is_team_month as is_frozen
    from {{ ref('int_employee_answers__blocks') }} as blocks
    left join frozen_years
        on
            blocks.survey_type = frozen_years.survey_type
            and {{ period_start_of('year', 'blocks.answer_date') }} = frozen_years.year_start_date
),

{{ blocks_split_by('answers', [('all', 'week'), ('all', 'day'), ('team', 'week'), ('team', 'day')], may_be_frozen=true) }},

flagged as (
    select
        split_blocks.*,
        blocks.is_all_total,
        blocks.is_all_year,
        blocks.is_all_quarter,
        blocks.is_all_month,
        blocks.is_team_month,
        bool_and(blocks.is_team_month) over (
            partition by split_blocks.survey_type, split_blocks.team_id, {{ period_start_of('quarter', 'split_blocks.answer_date') }}
        ) as is_team_quarter,
        team_years.is_team_year,
        bool_and(team_years.is_team_year) over (partition by split_blocks.survey_type, split_blocks.team_id) as is_team_total
    from split_blocks
    inner join {{ ref('int_employee_answers__blocks') }} as blocks
        on
            split_blocks.survey_type = blocks.survey_type
            and coalesce(split_blocks.team_id, '') = coalesce(blocks.team_id, '')
            and split_blocks.answer_date = blocks.answer_date
    left join {{ ref('int_employee_answers__team_years') }} as team_years
        on
            split_blocks.survey_type = team_years.survey_type
            and split_blocks.team_id = team_years.team_id
            and {{ period_start_of('year', 'split_blocks.answer_date') }} = team_years.year_start_date
),

levels as (
    {%- for scope_type in ['all', 'team'] %}{% set last_scope = loop.last %}
    {%- for grain in grains() %}
    select
        '{{ scope_type }}' as scope_type,
        '{{ grain }}' as grain
    {{ 'union all' if not (last_scope and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

cells as (
    select
        levels.scope_type,
        levels.grain,
        flagged.survey_type,
        flagged.answers,
        flagged.favourable_answers,
        flagged.unfavourable_answers,
        case levels.scope_type when 'all' then 'all' else flagged.team_id end as scope_id,
        case levels.grain
            {%- for grain in grains() if grain != 'total' %}
            when '{{ grain }}' then {{ period_start_of(grain, 'flagged.answer_date') }}
            {%- endfor %}
        end as period_start,
        case
            {%- for scope_type in ['all', 'team'] %}
            {%- for grain in grains() %}
            when levels.scope_type = '{{ scope_type }}' and levels.grain = '{{ grain }}' then flagged.is_{{ scope_type }}_{{ grain }}
            {%- endfor %}
            {%- endfor %}
        end as is_published
    from flagged
    cross join levels
)

select
    survey_type,
    grain,
    period_start,
    scope_type,
    scope_id,
    sum(answers) as answers,
    sum(favourable_answers) as favourable_answers,
    sum(unfavourable_answers) as unfavourable_answers
from cells
where is_published
group by survey_type, grain, period_start, scope_type, scope_id
