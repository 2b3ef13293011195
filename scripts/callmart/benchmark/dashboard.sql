-- What a dashboard asks of a release. Each query follows its name; `$last` is the newest day of queue_daily.

-- name: service level by week and queue
select date_trunc('week', call_date) as week, queue_id, 100.0 * sum(answered_within_target_calls) / nullif(sum(offered_calls), 0) as service_level
from marts.queue_daily group by all order by all;

-- name: last 30 days of all queues
select call_date, sum(offered_calls) as offered, sum(answered_calls) as answered, sum(abandoned_calls) as abandoned
from marts.queue_daily where call_date > $last - 30 group by all order by all;

-- name: queues of the last day, worst first
select queue_name, offered_calls, service_level, average_speed_of_answer, abandonment_rate
from marts.queue_daily where call_date = $last order by service_level nulls last limit 50;

-- name: load by weekday and half hour
select isodow(call_date) as weekday, cast(local_interval_started_at as time) as half_hour, sum(offered_calls) as offered, sum(handle_seconds) as handle_seconds
from marts.queue_intervals where call_date > $last - 90 group by all order by all;

-- name: half hours of one queue on the last day
select local_interval_started_at, offered_calls, answered_calls, service_level
from marts.queue_intervals
where call_date = $last and queue_id = (select min(queue_id) from marts.queue_daily) order by all;

-- name: outbound funnel by campaign
select
    campaign_name, sum(outbound_calls) as called, sum(connected_calls) as connected, sum(reached_calls) as reached, sum(argued_calls) as argued,
    sum(positive_calls) as positive, sum(converting_calls) as converted
from marts.campaign_daily where call_date > $last - 90 group by all order by called desc limit 50;

-- name: dispositions of the last 30 days
select direction, label_en, sum(calls) as calls from marts.call_dispositions where call_date > $last - 30 group by all order by calls desc;

-- name: agents of the last month
select agent_id, team_id, handled_calls, average_handle_time, occupancy, csat
from marts.agent_scorecard where month_start_date = (select max(month_start_date) from marts.agent_scorecard) order by handled_calls desc limit 100;

-- name: one agent over time
select call_date, handled_calls, average_handle_time, logged_in_seconds
from marts.agent_daily where agent_id = (select min(agent_id) from marts.agent_scorecard) order by call_date;

-- name: teams of the last 30 days
select team_id, sum(handled_calls) as handled, sum(handle_seconds) / nullif(sum(handled_calls), 0) as handle_seconds
from marts.agent_daily where call_date > $last - 30 group by all order by handled desc limit 50;

-- name: KPI tiles of the month with targets
select kpi_id, name_en, value, target, status, change_from_previous, trend
from marts.kpi_scorecard where grain = 'month' and scope_type = 'all' order by kpi_id;

-- name: KPI tiles of one queue
select kpi_id, value, target, status
from marts.kpi_scorecard
where grain = 'week' and scope_type = 'queue' and scope_id = (select min(queue_id) from marts.queue_daily) order by kpi_id;

-- name: one KPI by day
select period_start, value from marts.kpi_values
where kpi_id = 'service_level' and grain = 'day' and scope_type = 'all' order by period_start;

-- name: one KPI by month and queue
select period_start, scope_id, value from marts.kpi_values
where kpi_id = 'abandonment_rate' and grain = 'month' and scope_type = 'queue' order by period_start, scope_id;

-- name: where to act first
select scope_type, kpi_id, scope_id, gap_percent, shortfall
from marts.performance_gaps where grain = 'month' and rank_by_gap <= 10 order by scope_type, rank_by_gap;

-- name: lead funnel by source
select
    source_channel, sum(leads_collected) as collected, sum(leads_called) as called, sum(leads_contacted) as contacted,
    sum(leads_qualified) as qualified, sum(leads_converted) as converted
from marts.lead_funnel group by all order by collected desc;

-- name: speed of lead response by month
select date_trunc('month', created_date) as month, sum(response_seconds) / nullif(sum(leads_called), 0) as seconds, sum(leads_called_within_5_minutes) as in_5_minutes
from marts.lead_response group by all order by all;

-- name: tickets and backlog of the last 30 days
select ticket_date, sum(created_tickets) as created, sum(solved_tickets) as solved, sum(backlog_tickets) as backlog
from marts.ticket_daily where ticket_date > $last - 30 group by all order by all;

-- name: survey results by month
select date_trunc('month', survey_date) as month, survey_type, sum(csat_positive_answers) as positive, sum(csat_answers) as answers, sum(nps_net_promoters) as net_promoters
from marts.survey_results group by all order by all;

-- name: calls by source and month
select date_trunc('month', contact_date) as month, source_channel, sum(inbound_calls) as calls, sum(abandoned_contacts) as abandoned
from marts.calls_by_source group by all order by all;

-- name: value of customers by segment
select segment, month_start_date, churn_rate, customer_lifetime_value from marts.customer_value where scope_type = 'segment' order by all;

-- name: what landed
select raw_table, landed_rows, rejected_rows, superseded_rows from marts.landing_summary order by landed_rows desc;
