-- One row per kind of employee survey, team and day: the block its answers lie in, after the centre's periods and then each team's months have been split
-- off wherever that leaves no small group behind.
with answers as (
    select
        *,
        '' as block
    from {{ ref('int_employee_answers__by_day') }}
),

{{ blocks_split_by('answers', [('all', 'year'), ('all', 'quarter'), ('all', 'month'), ('team', 'month')]) }}

select
    *,
    sum(answers) over (partition by survey_type) >= {{ var('min_group_size') }} as is_all_total
from split_blocks
