-- The days of ticket_daily, added up over channels, and the KPI values of scope queue count the same tickets and seconds; so do all its rows and
-- scope all. Of a quiet day there is no KPI value: there alone a missing one stands for 0.
{%- set shared = {
    'created_tickets': ('ticket_volume', 'numerator'),
    'escalated_tickets': ('ticket_escalation_rate', 'numerator'),
    'replied_tickets': ('first_response_time', 'denominator'),
    'first_response_seconds': ('first_response_time', 'numerator'),
    'first_response_opening_seconds': ('first_response_time_business', 'numerator'),
    'solved_tickets': ('average_resolution_time', 'denominator'),
    'resolution_seconds': ('average_resolution_time', 'numerator'),
    'tickets_solved_at_first_contact': ('ticket_first_contact_resolution', 'numerator'),
    'closed_tickets': ('average_case_handle_time', 'denominator'),
    'case_handle_seconds': ('average_case_handle_time', 'numerator'),
    'case_handle_opening_seconds': ('average_case_handle_time_business', 'numerator'),
} %}
with days as (
    {%- for measure in shared %}{% set last_measure = loop.last %}{% for scope_type, scope_id in {'queue': 'queue_id', 'all': "'all'"}.items() %}
    select
        '{{ scope_type }}' as scope_type,
        {{ scope_id }} as scope_id,
        ticket_date,
        '{{ measure }}' as measure,
        sum({{ measure }}) as day_total
    from {{ ref('ticket_daily') }}
    {%- if scope_type == 'queue' %}
    where queue_id is not null
    {%- endif %}
    group by ticket_date{{ ', queue_id' if scope_type == 'queue' }}
    {{ 'union all' if not (last_measure and loop.last) }}
    {%- endfor %}{% endfor %}
),

kpis as (
    {%- for measure, source in shared.items() %}
    select
        scope_type,
        scope_id,
        period_start as ticket_date,
        '{{ measure }}' as measure,
        {{ source[1] }} as kpi_total
    from {{ ref('kpi_values') }}
    where
        kpi_id = '{{ source[0] }}'
        and grain = 'day'
        and scope_type in ('queue', 'all')
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    coalesce(days.scope_id, kpis.scope_id) as scope_id,
    coalesce(days.ticket_date, kpis.ticket_date) as ticket_date,
    coalesce(days.measure, kpis.measure) as measure,
    days.day_total,
    kpis.kpi_total
from days
full outer join kpis
    on
        days.scope_type = kpis.scope_type
        and days.scope_id = kpis.scope_id
        and days.ticket_date = kpis.ticket_date
        and days.measure = kpis.measure
where not coalesce(days.day_total = coalesce(kpis.kpi_total, 0), false)
