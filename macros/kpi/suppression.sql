{#
    Blocks of answers, split level by level, so that cells may be published and no small group follows from them.

    `source` has one row per kind of survey, team and day with `answers` and `block`, and with `is_frozen` where blocks may be frozen; a level is a scope
    (all, team) and a grain. At each level the cells cut every block into pieces, which are taken from the smallest up. A piece is held back when it is
    under `min_group_size`, or when the pieces before it are over 0 and together under it. A cell of which no piece is held back is published, and its
    pieces become blocks of their own; all the rest of a block stays one block. So every block keeps at least the minimum, and every published cell is a
    union of blocks: whatever is added or subtracted, what remains is whole blocks. A frozen block is taken whole or not at all, and is never of one
    team. Answers of no team are in no cell.

    Gives one CTE per step; the last is named `split_blocks` and has a column `is_<scope>_<grain>` per level: whether the row's cell is published.
#}
{% macro blocks_split_by(source, levels, may_be_frozen=false) -%}
{%- for scope, grain in levels %}
{%- set before = source if loop.first else 'level_' ~ loop.index0 %}
{%- set after = 'split_blocks' if loop.last else 'level_' ~ loop.index %}
{%- set period = "''" if grain == 'total' else 'cast(' ~ period_start_of(grain, 'answer_date') ~ ' as ' ~ dbt.type_string() ~ ')' %}
cells_{{ loop.index }} as (
    select
        *,
        {{ "'all'" if scope == 'all' else 'team_id' }} || ' ' || {{ period }} as cell
        {%- if may_be_frozen and scope == 'all' %},
        sum(answers) over (partition by survey_type, block) as block_answers
        {%- endif %}
    from {{ before }}
),

pieces_{{ loop.index }} as (
    select
        *,
        sum(answers) over (partition by survey_type, block, cell) as piece_answers
    from cells_{{ loop.index }}
),

ordered_{{ loop.index }} as (
    select
        *,
        sum(answers) over (
            partition by survey_type, block order by piece_answers asc, cell asc nulls first range between unbounded preceding and current row
        ) - piece_answers as smaller_answers
    from pieces_{{ loop.index }}
),

judged_{{ loop.index }} as (
    select
        *,
        {{ 'cell is not null and ' if scope == 'team' }}bool_and(
            piece_answers >= {{ var('min_group_size') }}
            and (smaller_answers = 0 or smaller_answers >= {{ var('min_group_size') }})
            {%- if may_be_frozen %}
            and {{ '(not is_frozen or piece_answers = block_answers)' if scope == 'all' else 'not is_frozen' }}
            {%- endif %}
        ) over (partition by survey_type, cell) as is_{{ scope }}_{{ grain }}
    from ordered_{{ loop.index }}
),

{{ after }} as {{ by_itself() }} (
    select
        survey_type,
        team_id,
        answer_date,
        answers,
        favourable_answers,
        unfavourable_answers,
        {%- if may_be_frozen %}
        is_frozen,
        {%- endif %}
        {%- for earlier_scope, earlier_grain in levels[:loop.index0] %}
        is_{{ earlier_scope }}_{{ earlier_grain }},
        {%- endfor %}
        is_{{ scope }}_{{ grain }},
        case
            when is_{{ scope }}_{{ grain }} then {{ surrogate_key(['block', "'" ~ loop.index ~ "'", 'cell']) }}
            else block
        end as block
    from judged_{{ loop.index }}
){{ ',' if not loop.last }}
{% endfor %}
{%- endmacro %}
