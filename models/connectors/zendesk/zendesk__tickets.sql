{{ connector_model() }}
-- One row per delivery of a ticket. Metrics are an export of their own, or come inside the ticket.
with tickets as (
    select
        *,
        {{ first_folder('_file') }} as folder
    from {{ ref('zendesk__read_tickets') }}
    where _left_out_for is null
),

measured as (
    select
        tickets.*,
        events.first_reply_at as told_reply_at,
        {%- for name in ['solved_at', 'status_updated_at', 'replies', 'reopens'] %}
        coalesce(metrics.{{ name }}, {{ json_text('tickets.metric_set', name) }}) as {{ name }},
        {%- endfor %}
        {%- for name in ['reply_time_in_seconds', 'reply_time_in_minutes'] %}
        coalesce(
            {{ json_text('metrics.' ~ name, 'calendar') }}, {{ json_text('tickets.metric_set', name ~ '.calendar') }}
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from tickets
    left join {{ ref('zendesk__read_ticket_metrics') }} as metrics
        on
            tickets.folder = metrics.folder
            and tickets.id = metrics.ticket_id
            and metrics._left_out_for is null
    left join {{ ref('zendesk__read_ticket_metric_events') }} as events
        on
            tickets.folder = events.folder
            and tickets.id = events.ticket_id
            and events._left_out_for is null
)

select
    id as ticket_id,
    requester_id as customer_id,
    case
        when via_channel in ('voice', 'phone', 'voicemail') then 'voice'
        when via_channel in ('chat', 'native_messaging', 'messaging', 'chat_transcript') then 'chat'
        when via_channel in ('twitter', 'facebook', 'instagram_dm', 'whatsapp', 'line', 'any_channel') then 'social'
        else via_channel
    end as channel,
    priority,
    group_id as queue_id,
    assignee_id as agent_id,
    {{ instant_text('created_at') }} as created_at,
    {{ instant_text(
        'coalesce(told_reply_at, ' ~ plus_seconds(
            'created_at', 'coalesce(' ~ parse_whole_number('reply_time_in_seconds') ~ ', ' ~ parse_whole_number('reply_time_in_minutes') ~ ' * 60)'
        ) ~ ')'
    ) }} as first_reply_at,
    solved_at,
    case when status = 'closed' then status_updated_at end as closed_at,
    case
        when status = 'deleted' then 'deleted'
        when is_merged then 'merged'
        when status = 'hold' then 'pending'
        else status
    end as status,
    replies as agent_replies,
    reopens,
    updated_at,
    _file,
    _row
from measured
