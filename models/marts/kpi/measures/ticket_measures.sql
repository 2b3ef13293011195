-- One row per day and scope on which a ticket was created, solved or closed, on the ticket's agent and that agent's team on that day.
{%- set measures = measures_of('ticket_measures') %}
with daily as (
    select * from {{ ref('int_tickets__by_day') }}
),

by_scope as (
    {{ measures_by_scope(
        'daily',
        {
            'all': none, 'queue': 'queue_id', 'team': 'team_id', 'agent': 'agent_id', 'channel': 'channel',
            'product_feature': 'product_feature',
        },
        measures
    ) | indent(4) }}
)

select
    {{ measure_columns(measures) }}
from by_scope
