-- One row per agent, as they are now. Team and site are those of the time of each call: group by team and site.
select
    agent_id,
    language,
    hired_on
from callmart.marts.dim_agents
where is_newest
