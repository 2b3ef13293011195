{{ connector_model() }}
-- One row per worker and stretch of time in one state, from the worker's first change of activity on. A task at hand counts before the activity.
{%- set in_order = 'partition by folder, worker_sid order by event_at, _file, _row' %}
{%- set so_far = in_order ~ ' rows between unbounded preceding and current row' %}
with events as (
    select
        *,
        case when event_type = 'worker.activity.update' then worker_activity end as new_activity,
        max(case when event_type = 'reservation.wrapup' then 1 else 0 end) over (partition by folder, reservation_sid) = 1
        and reservation_sid is not null as has_wrapup,
        max(case when event_type = 'reservation.accepted' then 1 else 0 end) over (partition by folder, reservation_sid) = 1
        and reservation_sid is not null as is_accepted,
        row_number() over ({{ in_order }}) as event_number
    from {{ ref('twilio__read_events') }}
    where
        _left_out_for is null
        and worker_sid is not null
        and event_type in ('worker.activity.update', 'reservation.accepted', 'reservation.wrapup', 'reservation.completed')
),

followed as (
    select
        *,
        max(case when new_activity is not null then event_number end) over ({{ so_far }}) as last_activity,
        sum(case
            when event_type = 'reservation.accepted' then 1
            when is_accepted and event_type = case when has_wrapup then 'reservation.wrapup' else 'reservation.completed' end then -1
            else 0
        end) over ({{ so_far }}) as contacts,
        sum(case
            when is_accepted and event_type = 'reservation.wrapup' then 1
            when is_accepted and has_wrapup and event_type = 'reservation.completed' then -1
            else 0
        end) over ({{ so_far }}) as wraps
    from events
),

states as (
    select
        followed.*,
        case
            when activities.new_activity in ('offline', 'logged out') then 'offline'
            when followed.contacts > 0 then 'on_contact'
            when followed.wraps > 0 then 'wrap'
            when activities.new_activity in ('available', 'idle') then 'available'
            when {{ is_in_option('activities.new_activity', 'twilio', 'available_activities', 'followed._file') }} then 'available'
            when activities.new_activity like '%break%' or activities.new_activity like '%lunch%' or activities.new_activity like '%pause%' then 'break'
            when activities.new_activity like '%training%' or activities.new_activity like '%formation%' then 'training'
            when activities.new_activity like '%meeting%' or activities.new_activity like '%réunion%' then 'meeting'
            else 'other'
        end as agent_state
    from followed
    inner join events as activities
        on
            followed.folder = activities.folder
            and followed.worker_sid = activities.worker_sid
            and followed.last_activity = activities.event_number
),

changes as (
    select
        *,
        lag(agent_state) over ({{ in_order }}) as state_before
    from states
),

kept as (
    select
        *,
        lead(event_at) over ({{ in_order }}) as next_event_at
    from changes
    where agent_state is distinct from state_before
)

-- Of several changes at one instant the last one counts.
select
    worker_sid as agent_id,
    {{ instant_text('event_at') }} as started_at,
    {{ instant_text('next_event_at') }} as ended_at,
    agent_state as state,
    _file,
    _row
from kept
where event_at is distinct from next_event_at
