-- The blocks that employees' answers are published in hold at least min_group_size answers each. A kind of survey with fewer answers in all is one block, of
-- which nothing is published.
select
    survey_type,
    block,
    sum(answers) as answers
from {{ ref('int_employee_answers__blocks') }}
where is_all_total
group by survey_type, block
having sum(answers) < {{ var('min_group_size') }}
