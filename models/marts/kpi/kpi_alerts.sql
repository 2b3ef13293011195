-- One row per alert: a KPI of a scope that was worse than its target or benchmark, or unlike its own history, from the period in which the alert opened to
-- the one that closed it. Worked out from the values alone, whenever they were built: an alert needs no memory of earlier runs.
{%- set series = 'alert_kind, kpi_id, grain, scope_type, scope_id' %}
{%- set stretch = series ~ ', stretch_number' %}
{%- set open_periods = var('alert_open_periods') %}
{%- set close_periods = var('alert_close_periods') %}
with spaced as (
    select
        *,
        coalesce(
            lag(period_start) over (partition by {{ series }} order by period_start asc)
            < {{ plus_days('period_start', -var('alert_lapse_days')) }},
            false
        ) as is_after_silence
    from {{ ref('kpi_alert_signals') }}
),

-- Nothing is carried over a long silence: what follows is a stretch of its own.
stretches as (
    select
        *,
        sum(case when is_after_silence then 1 else 0 end) over (
            partition by {{ series }}
            order by period_start asc
            rows between unbounded preceding and current row
        ) as stretch_number
    from spaced
),

runs as (
    select
        *,
        row_number() over (partition by {{ stretch }} order by period_start asc) as position,
        lead(period_start) over (partition by {{ stretch }} order by period_start asc) is null as is_last_of_stretch,
        sum(case when signal = 1 then 1 else 0 end) over (
            partition by {{ stretch }}
            order by period_start asc
            rows between {{ open_periods - 1 }} preceding and current row
        ) = {{ open_periods }} as is_opening_run,
        sum(case when signal = -1 then 1 else 0 end) over (
            partition by {{ stretch }}
            order by period_start asc
            rows between {{ close_periods - 1 }} preceding and current row
        ) = {{ close_periods }} as is_closing_run
    from stretches
),

-- The newest of both kinds of run decides: odd after one of bad periods, even after one of good periods.
latched as (
    select
        *,
        coalesce(
            mod(
                max(case when is_opening_run then 2 * position + 1 when is_closing_run then 2 * position end) over (
                    partition by {{ stretch }}
                    order by period_start asc
                    rows between unbounded preceding and current row
                ),
                2
            ) = 1,
            false
        ) as is_open
    from runs
),

turned as (
    select
        *,
        is_open
        and not coalesce(lag(is_open) over (partition by {{ stretch }} order by period_start asc), false) as is_opening,
        not is_open
        and coalesce(lag(is_open) over (partition by {{ stretch }} order by period_start asc), false) as is_closing
    from latched
),

-- The bad periods that had to come before an alert could open belong to it.
numbered as (
    select
        *,
        {% if open_periods > 1 -%}
        coalesce(
            max(case when is_opening then 1 end) over (
                partition by {{ stretch }}
                order by period_start asc
                rows between 1 following and {{ open_periods - 1 }} following
            ) = 1,
            false
        ) {%- else %}false{% endif %} as is_onset,
        sum(case when is_opening then 1 else 0 end) over (
            partition by {{ stretch }}
            order by period_start asc
            rows between unbounded preceding and current row
        ) as openings
    from turned
),

members as (
    select
        *,
        openings + case when is_onset then 1 else 0 end as episode_number
    from numbered
    where is_open or is_onset or is_closing
),

episodes as (
    select
        {{ stretch }},
        min(period_start) filter (where not is_closing) as started_period_start,
        min(period_start) filter (where is_open) as opened_period_start,
        max(period_start) filter (where is_closing) as closed_period_start,
        max(period_start) filter (where not is_closing) as last_period_start,
        max(period_start) filter (where is_last_of_stretch) as end_of_stretch,
        count(*) filter (where signal = 1) as bad_periods,
        count(*) filter (where not is_closing) as judged_periods,
        bool_or(is_critical) as is_critical,
        {%- set worst = ordering_key(["case when signal = 1 then -deviation end", 'period_start']) %}
        {%- for column in ['period_start', 'value', 'volume', 'reference', 'deviation', 'robust_z'] %}
        {{ value_at_first(column, 'case when signal = 1 then ' ~ worst ~ ' end') }} as worst_{{ column }},
        {%- endfor %}
        {{ value_at_last('value', 'case when not is_closing then period_start end') }} as last_value
    from members
    group by {{ stretch }}, episode_number
),

-- An open alert of which nothing has been heard for long is no news.
timed as (
    select
        episodes.*,
        case
            when episodes.closed_period_start is not null then 'closed'
            when
                {{ plus_days("episodes.end_of_stretch + case when episodes.grain = 'week' then 6 else 0 end", var('alert_lapse_days')) }}
                >= run.as_of_date then 'open'
            else 'lapsed'
        end as state,
        case episodes.grain
            when 'week' then {{ period_before('week', period_start_of('week', plus_days('run.as_of_date', 1))) }}
            else run.as_of_date
        end as newest_period_start,
        case episodes.grain
            when 'week' then {{ plus_days('episodes.last_period_start', 7) }}
            else {{ plus_days('episodes.last_period_start', 1) }}
        end as ended_before
    from episodes
    cross join {{ ref('int_run') }} as run
),

drilled as (
    select
        timed.*,
        dictionary.name_en,
        dictionary.name_fr,
        dictionary.unit,
        dictionary.better,
        drills.rows_table,
        drills.rows_condition,
        drills.rows_date,
        case timed.scope_type
            when 'site' then drills.site_column
            when 'team' then drills.team_column
            else timed.scope_type || '_id'
        end as scope_column
    from timed
    inner join {{ ref('kpi_dictionary') }} as dictionary
        on timed.kpi_id = dictionary.kpi_id
    left join {{ ref('alert_kpis') }} as drills
        on timed.kpi_id = drills.kpi_id
),

final as (
    select
        *,
        'kpi_id = ' || {{ quoted('kpi_id') }}
        || ' and grain = ' || {{ quoted('grain') }}
        || ' and scope_type = ' || {{ quoted('scope_type') }}
        || ' and scope_id = ' || {{ quoted('scope_id') }}
        || {{ within_days('period_start', 'started_period_start', 'ended_before') }} as values_filter,
        rows_condition
        || case when scope_type = 'all' then '' else ' and ' || scope_column || ' = ' || {{ quoted('scope_id') }} end
        || {{ within_days(none, 'started_period_start', 'ended_before') }} as rows_filter
    from drilled
)

select
    cast({{ surrogate_key(['alert_kind', 'kpi_id', 'grain', 'scope_type', 'scope_id', 'opened_period_start']) }} as {{ dbt.type_string() }}) as alert_id,
    cast(alert_kind as {{ dbt.type_string() }}) as alert_kind,
    cast(case when is_critical then 'critical' else 'warning' end as {{ dbt.type_string() }}) as severity,
    cast(state as {{ dbt.type_string() }}) as state,
    cast(state = 'open' and opened_period_start = newest_period_start as boolean) as is_new,
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(grain as {{ dbt.type_string() }}) as grain,
    cast(scope_type as {{ dbt.type_string() }}) as scope_type,
    cast(scope_id as {{ dbt.type_string() }}) as scope_id,
    cast(name_en as {{ dbt.type_string() }}) as name_en,
    cast(name_fr as {{ dbt.type_string() }}) as name_fr,
    cast(unit as {{ dbt.type_string() }}) as unit,
    cast(better as {{ dbt.type_string() }}) as better,
    cast(started_period_start as date) as started_period_start,
    cast(opened_period_start as date) as opened_period_start,
    cast(last_period_start as date) as last_period_start,
    cast(closed_period_start as date) as closed_period_start,
    cast(judged_periods as bigint) as judged_periods,
    cast(bad_periods as bigint) as bad_periods,
    cast(worst_period_start as date) as worst_period_start,
    cast(worst_value as double) as worst_value,
    cast(worst_reference as double) as worst_reference,
    cast(worst_deviation as double) as worst_deviation,
    cast(worst_robust_z as double) as worst_robust_z,
    cast(worst_volume as decimal(38, 12)) as worst_volume,
    cast(last_value as double) as last_value,
    cast(values_filter as {{ dbt.type_string() }}) as values_filter,
    cast(case when rows_filter is not null then rows_table end as {{ dbt.type_string() }}) as rows_table,
    cast(rows_filter as {{ dbt.type_string() }}) as rows_filter
from final
