-- One row per agent and month in which the agent handled or dialled a call, was in a state, was evaluated or met, or was in a survey of customers.
-- depends_on: {{ ref('kpi_catalogue') }}
{%- set counts = [
    'handled_calls', 'handled_inbound_calls', 'handle_seconds', 'talk_seconds', 'hold_seconds', 'wrap_seconds',
    'handled_inbound_calls_with_known_talk', 'held_inbound_calls', 'handled_inbound_calls_with_known_wrap', 'outbound_calls', 'reached_calls',
    'productive_contacts', 'evaluations', 'evaluations_with_adherence', 'csat_answers', 'csat_positive_answers',
] %}
{%- set amounts = ['points_scored', 'points_possible', 'script_adherence_points', 'csat_score'] %}
{%- set times = ['logged_in_seconds', 'available_or_on_contact_seconds', 'occupied_seconds', 'occupied_or_available_seconds'] %}
with measured as (
    select
        scope_id as agent_id,
        period_start as month_start_date,
        {%- for measure in counts + amounts + times %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('kpi_measures') }}
    where
        grain = 'month'
        and scope_type = 'agent'
),

outbound as (
    select
        agent_id,
        {{ period_start_of('month', 'call_date') }} as month_start_date,
        count(*) filter (where is_contact_established) as established_contacts,
        count(*) filter (where is_conversion) as conversions
    from {{ ref('fct_calls') }}
    where
        is_outbound
        and agent_id is not null
    group by agent_id, month_start_date
),

meetings as (
    select
        agent_id,
        {{ period_start_of('month', 'meeting_date') }} as month_start_date,
        count(*) as one_on_ones,
        sum(minutes) as one_on_one_minutes
    from {{ ref('fct_one_on_ones') }}
    group by agent_id, month_start_date
),

agent_months as (
    select
        coalesce(measured.agent_id, meetings.agent_id) as agent_id,
        coalesce(measured.month_start_date, meetings.month_start_date) as month_start_date,
        {%- for measure in counts + amounts + times %}
        measured.{{ measure }},
        {%- endfor %}
        meetings.one_on_ones,
        meetings.one_on_one_minutes
    from measured
    full outer join meetings
        on measured.agent_id = meetings.agent_id and measured.month_start_date = meetings.month_start_date
),

-- The month's last day, or that of as_of in a month that is not over: the team and site of that day are shown.
closed as (
    select
        agent_months.*,
        least({{ plus_days(period_start_of('month', plus_days('agent_months.month_start_date', 31)), -1) }}, run.as_of_date) as last_date
    from agent_months
    cross join {{ ref('int_run') }} as run
),

placed as (
    select
        closed.*,
        outbound.established_contacts,
        outbound.conversions,
        agents.team_id,
        agents.site
    from closed
    left join outbound
        on closed.agent_id = outbound.agent_id and closed.month_start_date = outbound.month_start_date
    left join {{ ref('dim_agents') }} as agents
        on
            closed.agent_id = agents.agent_id
            and {{ in_force('agents', 'closed.last_date') }}
)

select
    cast({{ surrogate_key(['agent_id', 'month_start_date']) }} as {{ dbt.type_string() }}) as agent_month_id,
    cast(agent_id as {{ dbt.type_string() }}) as agent_id,
    cast(team_id as {{ dbt.type_string() }}) as team_id,
    cast(site as {{ dbt.type_string() }}) as site,
    cast(month_start_date as date) as month_start_date,
    {%- for measure in counts + ['established_contacts', 'conversions', 'one_on_ones'] %}
    cast(coalesce({{ measure }}, 0) as bigint) as {{ measure }},
    {%- endfor %}
    cast(coalesce(one_on_one_minutes, 0) as bigint) as one_on_one_minutes,
    {%- for measure in amounts %}
    cast(coalesce({{ measure }}, 0) as decimal(38, 12)) as {{ measure }},
    {%- endfor %}
    {%- for measure in times %}
    cast({{ measure }} as bigint) as {{ measure }},
    {%- endfor %}
    {%- for kpi_id in [
        'average_handle_time', 'average_talk_time', 'average_hold_time', 'average_wrap_time', 'qa_score', 'script_adherence', 'csat', 'csat_mean',
        'agent_availability', 'occupancy', 'agent_productivity', 'outbound_calls_per_hour',
    ] %}
    {{ kpi_rate(kpi_id) }} as {{ kpi_id }}{{ ',' if not loop.last }}
    {%- endfor %}
from placed
