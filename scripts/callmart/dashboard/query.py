"""What the dashboard knows: additive columns of the public tables, by local day, for a window of months.

Everything a reader may filter is kept as numerators and denominators, which the page sums and then divides, once.
What cannot be summed (distinct counts, medians, and whatever says something about few employees, whose small groups
the tables hide) is taken as `kpi_values` has it, for the whole periods it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import duckdb

from callmart.scorecard_text import DOMAINS, UNITS

# What json.dumps takes.
Json: TypeAlias = dict[str, Any]

DEFAULT_MONTHS = 25
SCOPES = ("all", "queue", "team", "campaign")

# Upper bounds in minutes of the classes in which the page shows how long leads wait; the last class has none.
RESPONSE_BOUNDS = (5, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080)

# Summed over days these are right. Of employees' answers only the published cells are shown, as they are.
_ADDITIVE = "kinds.kind in ('ratio', 'count') and kinds.domain <> 'employee'"

# Of one KPI. Texts put together in the order of days are held in memory until the last row has been seen, so that all
# KPIs at once need more of it than a build may take; kpi_values lies by KPI, so that each asked alone is as fast.
_SERIES = """
    with chosen as (
        select
            scope_type,
            scope_id,
            period_start - $first as day,
            {numerator} as numerator,
            {denominator} as denominator
        from marts.kpi_values
        where
            kpi_id = $kpi_id
            and grain = 'day'
            and period_start between $first and $last
            and scope_type in $scopes
    ),

    spaced as (
        select
            *,
            day - lag(day, 1, day) over (partition by scope_type, scope_id order by day) as gap
        from chosen
    )

    select
        scope_type,
        scope_id,
        min(day) as first_day,
        string_agg(repeat(',', gap) || numerator, '' order by day) as numerators,
        case
            when count(nullif(denominator, '')) > 0 then string_agg(repeat(',', gap) || denominator, '' order by day)
        end as denominators
    from spaced
    group by scope_type, scope_id
    order by scope_type, scope_id
"""

_STORED = f"""
    select kpis.kpi_id, kpis.scope_type, kpis.scope_id, kpis.grain, kpis.period_start, kpis.value, kpis.denominator
    from marts.kpi_values as kpis
    inner join marts.kpi_dictionary as kinds on kpis.kpi_id = kinds.kpi_id
    where
        kpis.grain in ('month', 'quarter', 'year')
        and kpis.period_start between date_trunc('year', $first) and $last
        and kpis.scope_type in $scopes
        and kpis.value is not null
        and not ({_ADDITIVE})
    order by kpis.kpi_id, kpis.scope_type, kpis.scope_id, kpis.grain, kpis.period_start
"""

_KPIS = f"""
    select
        kinds.kpi_id, name_en, name_fr, domain, unit, better, multiplier, numerator_measure as numerator,
        denominator_measure as denominator, scopes, definition_en, definition_fr,
        {_ADDITIVE} as is_additive, is_available
    from marts.kpi_dictionary as kinds
    left join marts.data_availability as available on kinds.kpi_id = available.kpi_id
    order by kinds.kpi_id
"""

# The newest complete period that has the scope, whole months first.
_TARGETS = """
    select kpi_id, scope_type, scope_id, target, warning, min_volume, benchmark, benchmark_source
    from marts.kpi_scorecard
    where (target is not null or benchmark is not null) and scope_type in $scopes
    qualify row_number() over (
        partition by kpi_id, scope_type, scope_id
        order by list_position(['month', 'quarter', 'year', 'total', 'week', 'day'], grain)
    ) = 1
    order by kpi_id, scope_type, scope_id
"""

_GAPS = """
    select
        grain, period_start, scope_type, scope_id, kpi_id, value, reference, gap_basis, gap, gap_percent, shortfall,
        is_getting_worse, rank_by_gap
    from marts.performance_gaps
    where grain in ('month', 'quarter', 'year') and scope_type in $scopes
    order by grain, scope_type, rank_by_gap
"""

_INTERVALS = """
    select
        queue_id,
        call_date - $first as day,
        cast(extract(hour from local_interval_started_at) * 2
            + extract(minute from local_interval_started_at) // 30 as integer) as half_hour,
        sum(offered_calls) as offered_calls,
        sum(answered_within_target_calls) as answered_within_target_calls,
        sum(abandoned_calls) as abandoned_calls,
        sum(answered_wait_seconds) as answered_wait_seconds,
        sum(answered_calls_with_known_wait) as answered_calls_with_known_wait
    from marts.queue_intervals
    where call_date between $first and $last
    group by all
    order by queue_id, day, half_hour
"""

_AGENTS = """
    select
        agent_id,
        team_id,
        call_date - $first as day,
        sum(handled_calls) as handled_calls,
        sum(handled_inbound_calls) as handled_inbound_calls,
        sum(handle_seconds) as handle_seconds,
        sum(wrap_seconds) as wrap_seconds,
        sum(handled_inbound_calls_with_known_wrap) as handled_inbound_calls_with_known_wrap,
        sum(resolved_calls) as resolved_calls,
        sum(handled_inbound_calls_with_known_resolution) as handled_inbound_calls_with_known_resolution,
        sum(escalated_calls) as escalated_calls,
        sum(transferred_calls) as transferred_calls,
        sum(outbound_calls) as outbound_calls,
        sum(logged_in_seconds) as logged_in_seconds
    from marts.agent_daily
    where call_date between $first and $last and agent_id is not null
    group by all
    order by agent_id, team_id, day
"""

# Promoters and detractors, easy and difficult answers: what the width of an interval needs beside the net count.
_ANSWERS = """
    with answers as (
        select *, survey_date - $first as day
        from marts.survey_results
        where survey_date between $first and $last and coalesce(nps_answers, 0) + coalesce(ces_answers, 0) > 0
    )

    select
        scope_type,
        scope_id,
        day,
        sum(nps_promoters) as nps_promoters,
        sum(nps_detractors) as nps_detractors,
        sum(ces_easy_answers) as ces_easy_answers,
        sum(ces_difficult_answers) as ces_difficult_answers
    from (
        select 'all' as scope_type, 'all' as scope_id, * from answers
        union all
        select 'queue' as scope_type, queue_id as scope_id, * from answers where queue_id is not null
        union all
        select 'team' as scope_type, team_id as scope_id, * from answers where team_id is not null
    )
    group by scope_type, scope_id, day
    order by scope_type, scope_id, day
"""

_CLASSES = " ".join(
    f"when response_seconds <= {bound * 60} then {number}" for number, bound in enumerate(RESPONSE_BOUNDS)
)
_RESPONSE_CLASSES = f"""
    select
        coalesce(campaign_id, '') as campaign_id,
        created_date - $first as day,
        case
            when is_never_called then -1
            when response_seconds is null then -2
            {_CLASSES}
            else {len(RESPONSE_BOUNDS)}
        end as class,
        count(*) as leads
    from marts.fct_leads
    where created_date between $first and $last
    group by all
    order by campaign_id, day, class
"""

_RESPONSE_GROUPS = """
    select
        coalesce(campaign_id, '') as campaign_id,
        created_date - $first as day,
        basis,
        member,
        benchmark,
        sum(leads_called) as leads_called,
        sum(response_seconds) as response_seconds
    from (
        select 'industry' as basis, industry as member, industry_benchmark as benchmark, * from marts.lead_response
        union all
        select 'company_size' as basis, company_size as member, company_size_benchmark as benchmark, *
        from marts.lead_response
    )
    where created_date between $first and $last and benchmark is not null and leads_called > 0
    group by all
    order by campaign_id, basis, member, day
"""

_LEAD_STEPS = """
    select
        coalesce(campaign_id, '') as campaign_id,
        created_date - $first as day,
        sum(leads_collected) as leads_collected,
        sum(leads_called) as leads_called,
        sum(leads_contacted) as leads_contacted,
        sum(leads_qualified) as leads_qualified,
        sum(leads_converted) as leads_converted
    from marts.lead_funnel
    where created_date between $first and $last
    group by all
    order by campaign_id, day
"""

_RECORDS = """
    select
        coalesce(campaign_id, '') as campaign_id,
        sum(supplied_records) as supplied_records,
        sum(usable_records) as usable_records,
        sum(called_records) as called_records,
        sum(reached_records) as reached_records,
        sum(argued_records) as argued_records,
        sum(converted_records) as converted_records,
        sum(remaining_records) as remaining_records
    from marts.contact_list_results
    group by campaign_id
    order by campaign_id
"""

_LAST_DAY = """
    select coalesce(
        (select max(period_start) from marts.kpi_scorecard where grain = 'day'),
        cast($as_of as date)
    )
"""
# The running month and those before it, but no year in which nothing was counted yet.
_FIRST_DAY = """
    select greatest(
        cast(date_trunc('month', cast($last as date)) - to_months($months - 1) as date),
        cast(date_trunc('year', min(period_start)) as date)
    )
    from marts.kpi_values
    where
        grain = 'day' and scope_type = 'all' and kpi_id in ('offered_calls', 'outbound_calls') and numerator > 0
        and period_start <= $last
"""
_LAST_MONTH = "select max(period_start) from marts.kpi_scorecard where grain = 'month'"
_NAMES = {
    "queue": "select queue_id, queue_name from marts.dim_queues",
    "campaign": "select campaign_id, campaign_name from marts.dim_campaigns",
    "team": "select distinct team_id, team_id from marts.dim_agents where team_id is not null",
}


def read_dashboard(
    connection: duckdb.DuckDBPyConnection, facts: Mapping[str, object], months: int = DEFAULT_MONTHS
) -> Json:
    """What the page shows, as plain lists, texts and numbers.

    Args:
        connection: a release, open for reading.
        facts: what `release.json` says of it; of an instant only the day is used.
        months: how many months the window holds, the running one included.

    Raises:
        duckdb.Error: a public table is missing or is not as declared.
    """
    last = _value(connection, _LAST_DAY, {"as_of": str(facts.get("as_of", ""))[:10]})
    first = _value(connection, _FIRST_DAY, {"last": last, "months": months})
    window = {"first": first, "last": last}
    kpis = _kpis(connection)
    series, values = _series(
        connection, [kpi_id for kpi_id, kpi in kpis.items() if kpi["is_additive"]], window
    )
    return {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "last_month": _iso(_value(connection, _LAST_MONTH, {})),
        "domains": DOMAINS,
        "units": UNITS,
        "kpis": kpis,
        "names": _names(connection, values),
        "series": series,
        "values": values,
        "stored": _stored(connection, window),
        "targets": _targets(connection),
        "gaps": _columns(connection, _GAPS, {"scopes": list(SCOPES)}),
        "intervals": _columns(connection, _INTERVALS, window),
        "agents": _columns(connection, _AGENTS, window),
        "answers": _columns(connection, _ANSWERS, window),
        "response_bounds": RESPONSE_BOUNDS,
        "response_classes": _columns(connection, _RESPONSE_CLASSES, window),
        "response_groups": _columns(connection, _RESPONSE_GROUPS, window),
        "lead_steps": _columns(connection, _LEAD_STEPS, window),
        "records": _columns(connection, _RECORDS, {}),
    }


def _series(
    connection: duckdb.DuckDBPyConnection, kpi_ids: Iterable[str], window: Mapping[str, date]
) -> tuple[list[Json], Json]:
    """The sides of these additive KPIs by day, each different one once, and where each KPI and scope finds its two.

    A side is the number of its first day, counted from the window's, and its values from that day on, with commas
    between them; a day without a row is empty. Denominators are shared by many KPIs, hence the detour.
    """
    query = _SERIES.format(numerator=_plain("numerator"), denominator=_plain("denominator"))
    places: dict[tuple[int, str], int] = {}
    values: Json = {}

    def place(first_day: int, texts: str | None) -> int | None:
        return None if texts is None else places.setdefault((first_day, texts), len(places))

    for kpi_id in kpi_ids:
        rows = connection.execute(query, {**window, "kpi_id": kpi_id, "scopes": list(SCOPES)}).fetchall()
        for scope_type, scope_id, first_day, numerators, denominators in rows:
            sides = [place(first_day, numerators), place(first_day, denominators)]
            values.setdefault(kpi_id, {}).setdefault(scope_type, {})[scope_id] = sides
    return [{"first_day": day, "text": text} for day, text in places], values


def _plain(column: str) -> str:
    """SQL text of a decimal without idle zeros; an empty text for null."""
    return f"coalesce(rtrim(rtrim(cast({column} as varchar), '0'), '.'), '')"


def _stored(connection: duckdb.DuckDBPyConnection, window: Mapping[str, date]) -> Json:
    stored: Json = {}
    rows = connection.execute(_STORED, {**window, "scopes": list(SCOPES)}).fetchall()
    for kpi_id, scope_type, scope_id, grain, start, value, denominator in rows:
        periods = stored.setdefault(kpi_id, {}).setdefault(scope_type, {}).setdefault(scope_id, {})
        periods[f"{grain} {start.isoformat()}"] = [value, None if denominator is None else float(denominator)]
    return stored


def _kpis(connection: duckdb.DuckDBPyConnection) -> Json:
    cursor = connection.execute(_KPIS)
    names = [description[0] for description in cursor.description or []]
    kpis = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {kpi.pop("kpi_id"): {**kpi, "scopes": kpi["scopes"].split()} for kpi in kpis}


def _names(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Json]) -> Json:
    """The members of each scope that have a figure, with what people call them, sorted by that."""
    names: Json = {}
    for scope_type, query in _NAMES.items():
        called = dict(connection.execute(query).fetchall())
        members = {member for scopes in values.values() for member in scopes.get(scope_type, {})}
        pairs = [(member, called.get(member) or member) for member in members]
        names[scope_type] = sorted(pairs, key=lambda pair: (pair[1].casefold(), pair[0]))
    return names


def _targets(connection: duckdb.DuckDBPyConnection) -> Json:
    targets: Json = {}
    for kpi_id, scope_type, scope_id, *reference in connection.execute(
        _TARGETS, {"scopes": list(SCOPES)}
    ).fetchall():
        targets.setdefault(kpi_id, {}).setdefault(scope_type, {})[scope_id] = reference
    return targets


def _columns(connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]) -> Json:
    """A table by columns: numbers as a text with commas between them, texts as numbers of a list of them.

    A null number is empty, a null text is the number -1.
    """
    cursor = connection.execute(query, parameters)
    described = cursor.description or []
    rows = cursor.fetchall()
    columns: Json = {"rows": len(rows)}
    for position, (name, kind, *_) in enumerate(described):
        column = [row[position] for row in rows]
        is_text = kind in (duckdb.sqltypes.VARCHAR, duckdb.sqltypes.DATE)
        columns[name] = _coded(column) if is_text else {"text": ",".join(map(_number, column))}
    return columns


def _coded(column: Sequence[str | date | None]) -> Json:
    codes: dict[str, int] = {}
    numbers = [-1 if value is None else codes.setdefault(str(value), len(codes)) for value in column]
    return {"text": ",".join(map(str, numbers)), "words": list(codes)}


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _value(connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
