-- One row per kind of employee survey, team and day: the block its answers lie in, after the centre's periods and then each team's months have been split
-- off wherever that leaves no small group behind.
with answers as (
    select
        *,
        false as is_frozen,
        '' as block
    from {{ ref('int_employee_answers__by_day') }}
),

{{ blocks_split_by('answers', [('all', 'total'), ('all', 'year'), ('all', 'quarter'), ('all', 'month'), ('team', 'month')]) }}

select * from split_blocks
