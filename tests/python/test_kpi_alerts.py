"""Alerts of random series: the SQL against a plain walk through the periods, written from the definition."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from compiled_models import compile_models
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

MODELS = ["kpi_alert_values", "kpi_alert_signals", "kpi_alerts"]
# (kpi_id, grain, first day, value, volume)
Value = tuple[str, str, date, float, int]
MONDAY = date(2024, 1, 1)
AS_OF = MONDAY + timedelta(days=69)  # a Sunday
HOLIDAY = MONDAY + timedelta(days=30)


@dataclass(frozen=True)
class Rules:
    """The settings, and the project compiled with them."""

    open_periods: int
    close_periods: int
    lapse_days: int = 14
    history_weeks: int = 5
    min_history: int = 3
    open_z: float = 3.0
    close_z: float = 1.5
    min_change_percent: float = 5.0
    models: Sequence[tuple[str, str]] = field(default_factory=list, compare=False)


@dataclass(frozen=True)
class Kpi:
    """What a KPI is judged by."""

    better: str
    is_count: bool = False
    target: float | None = None
    warning: float | None = None
    benchmark: float | None = None
    is_watched: bool = False
    min_volume: int = 100


KPIS = {
    "service_level": Kpi("higher", target=80.0, warning=75.0, is_watched=True),
    "answer_rate": Kpi("higher", target=80.0),
    "abandonment_rate": Kpi("lower", benchmark=80.0),
    "inbound_calls": Kpi("none", is_count=True, is_watched=True, min_volume=70),
}


@pytest.fixture(scope="module", params=[(2, 2), (1, 3), (3, 1)], ids=str)
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rules:
    plain = Rules(*request.param)
    variables = {
        "alert_open_periods": plain.open_periods,
        "alert_close_periods": plain.close_periods,
        "alert_lapse_days": plain.lapse_days,
        "alert_history_weeks": plain.history_weeks,
        "alert_min_history": plain.min_history,
        "alert_open_z": plain.open_z,
        "alert_close_z": plain.close_z,
        "alert_min_change_percent": plain.min_change_percent,
        "alert_min_volume": 100,
    }
    return replace(plain, models=compile_models(tmp_path_factory.mktemp("alerts"), MODELS, variables))


# The SQL


def alerts_of(rules: Rules, values: Sequence[Value]) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        for schema in ("settings", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        load(connection, values)
        for relation, sql in rules.models:
            connection.execute(f"create table {relation} as {sql}")
        return connection.execute(
            "select alert_kind, kpi_id, grain, severity, state, is_new, started_period_start, opened_period_start,"
            " last_period_start, closed_period_start, judged_periods, bad_periods, worst_period_start, worst_value,"
            " last_value from marts.kpi_alerts order by all"
        ).fetchall()


def load(connection: duckdb.DuckDBPyConnection, values: Sequence[Value]) -> None:
    texts = "kpi_id varchar, scope_type varchar, scope_id varchar"
    connection.execute(
        f"create table marts.kpi_values (grain varchar, period_start date, {texts}, numerator decimal(38, 12),"
        " denominator decimal(38, 12), value double)"
    )
    columns = [list(column) for column in zip(*values, strict=True)] or [[]] * 5
    connection.execute(
        "insert into marts.kpi_values"
        " select grain, day, kpi_id, 'queue', 'support', case when kpi_id in $counts then value else 0 end,"
        " case when kpi_id not in $counts then volume end, value"
        " from (select unnest($kpi_ids) as kpi_id, unnest($grains) as grain, unnest($days)::date as day,"
        " unnest($values)::double as value, unnest($volumes)::bigint as volume)",
        {
            "counts": [kpi_id for kpi_id, kpi in KPIS.items() if kpi.is_count],
            **dict(zip(("kpi_ids", "grains", "days", "values", "volumes"), columns, strict=True)),
        },
    )
    connection.execute(
        "create table marts.kpi_dictionary (kpi_id varchar, name_en varchar, name_fr varchar, unit varchar,"
        " better varchar)"
    )
    connection.execute(
        f"create table settings.kpi_targets ({texts}, target double, warning double, min_volume bigint,"
        " valid_from date, valid_to date)"
    )
    connection.execute(
        "create table settings.benchmarks (kpi_id varchar, industry varchar, company_size varchar, value double,"
        " source varchar)"
    )
    connection.execute(
        "create table settings.alert_kpis (kpi_id varchar, is_watched_for_drift boolean, min_volume bigint,"
        " rows_table varchar, rows_date varchar, rows_condition varchar, site_column varchar, team_column varchar)"
    )
    for kpi_id, kpi in KPIS.items():
        connection.execute("insert into marts.kpi_dictionary values (?, '', '', '', ?)", [kpi_id, kpi.better])
        if kpi.target is not None:
            connection.execute(
                "insert into settings.kpi_targets values (?, 'all', null, ?, ?, ?, null, null)",
                [kpi_id, kpi.target, kpi.warning, kpi.min_volume],
            )
        if kpi.benchmark is not None:
            connection.execute(
                "insert into settings.benchmarks values (?, null, null, ?, '')", [kpi_id, kpi.benchmark]
            )
        connection.execute(
            "insert into settings.alert_kpis values (?, ?, ?, null, null, null, null, null)",
            [kpi_id, kpi.is_watched, kpi.min_volume],
        )
    connection.execute(
        "create table marts.dim_dates as select ?::date as calendar_date, true as is_holiday", [HOLIDAY]
    )
    connection.execute("create table intermediate.int_run as select ?::date as as_of_date", [AS_OF])


# The same from the definition


@dataclass
class Verdict:
    """One judged period: bad, good or neither; by how much it is worse."""

    day: date
    value: float
    signal: str
    worse_by: float
    is_critical: bool = False


@dataclass
class Episode:
    """An alert while it is walked through."""

    periods: list[Verdict]
    opened: date
    closed: date | None = None
    is_broken_off: bool = False


def expected_alerts(rules: Rules, values: Sequence[Value]) -> list[tuple[Any, ...]]:
    rows = []
    for kpi_id, kpi in KPIS.items():
        days = {
            day: (value, volume) for of, grain, day, value, volume in values if (of, grain) == (kpi_id, "day")
        }
        weeks = {
            day: (value, volume)
            for of, grain, day, value, volume in values
            if (of, grain) == (kpi_id, "week")
        }
        complete_weeks = {day: found for day, found in weeks.items() if day + timedelta(days=6) <= AS_OF}
        of_days, of_weeks = judged(rules, kpi, days, HOLIDAY), judged(rules, kpi, complete_weeks, None)
        for kind in of_days.keys() | of_weeks.keys():
            spoken = [
                verdict.day - timedelta(days=verdict.day.weekday()) for verdict in of_days.get(kind, [])
            ]
            left = [verdict for verdict in of_weeks.get(kind, []) if spoken.count(verdict.day) < 4]
            for grain, verdicts in (("day", of_days.get(kind, [])), ("week", left)):
                rows += [(kind, kpi_id, grain, *told) for told in walked(rules, grain, verdicts)]
    return sorted(rows, key=str)


def judged(
    rules: Rules, kpi: Kpi, found: dict[date, tuple[float, int]], holiday: date | None
) -> dict[str, list[Verdict]]:
    """The verdicts of each kind of alert, in time."""
    by_kind: dict[str, list[Verdict]] = {}
    reference = kpi.target if kpi.target is not None else kpi.benchmark
    for day in sorted(found):
        value, volume = found[day]
        has_volume = kpi.is_count or volume >= kpi.min_volume
        if reference is not None and has_volume:
            worse_by = reference - value if kpi.better == "higher" else value - reference
            bound = kpi.warning if kpi.warning is not None else reference
            beyond = bound - value if kpi.better == "higher" else value - bound
            by_kind.setdefault("target" if kpi.target is not None else "benchmark", []).append(
                Verdict(
                    day,
                    value,
                    "bad" if worse_by > 0 else "good",
                    worse_by,
                    kpi.target is not None and beyond > 0,
                )
            )
        if kpi.is_watched and has_volume and day != holiday:
            earlier = [day - timedelta(days=7 * week) for week in range(1, rules.history_weeks + 1)]
            history = [
                found[then][0]
                for then in earlier
                if then in found and then != holiday and (kpi.is_count or found[then][1] >= kpi.min_volume)
            ]
            if len(history) >= rules.min_history:
                for kind, signal, distance in unusual(rules, kpi, value, history):
                    by_kind.setdefault(kind, []).append(Verdict(day, value, signal, distance))
    return by_kind


def unusual(rules: Rules, kpi: Kpi, value: float, history: list[float]) -> list[tuple[str, str, float]]:
    median = statistics.median(history)
    if kpi.is_count and median < kpi.min_volume:
        return []
    distances = [abs(then - median) for then in history]
    spread = statistics.median(distances) / 0.6745
    if spread == 0:
        spread = 1.253314 * statistics.mean(distances)
    sides = {"higher": ["drift_down"], "lower": ["drift_up"], "none": ["drift_up", "drift_down"]}[kpi.better]
    told = []
    for kind in sides:
        distance = value - median if kind == "drift_up" else median - value
        if distance <= 0 or distance < rules.min_change_percent / 100 * abs(median):
            signal = "good"
        elif distance >= rules.open_z * spread:
            signal = "bad"
        else:
            signal = "good" if distance <= rules.close_z * spread else "neither"
        told.append((kind, signal, distance))
    return told


def walked(rules: Rules, grain: str, verdicts: list[Verdict]) -> list[tuple[Any, ...]]:
    """Step by step: what is bad for long enough opens an alert, what is good for long enough closes it."""
    length = timedelta(days=7 if grain == "week" else 1)
    episodes: list[Episode] = []
    bad: list[Verdict] = []
    good = 0
    current: Episode | None = None
    before: date | None = None
    for verdict in verdicts:
        if before is not None and (verdict.day - before).days > rules.lapse_days:
            if current is not None:
                current.is_broken_off = True
            current, bad, good = None, [], 0
        before = verdict.day
        bad = [*bad, verdict] if verdict.signal == "bad" else []
        good = good + 1 if verdict.signal == "good" else 0
        if current is None and len(bad) >= rules.open_periods:
            current = Episode(bad[-rules.open_periods :], verdict.day)
            episodes.append(current)
        elif current is not None and good >= rules.close_periods:
            current.closed = verdict.day
            current = None
        elif current is not None:
            current.periods.append(verdict)
    rows = []
    for episode in episodes:
        last = episode.periods[-1]
        if episode.closed is not None:
            state = "closed"
        elif (
            episode.is_broken_off or (AS_OF - (last.day + length - timedelta(days=1))).days > rules.lapse_days
        ):
            state = "lapsed"
        else:
            state = "open"
        bad_ones = [verdict for verdict in episode.periods if verdict.signal == "bad"]
        worst = max(bad_ones, key=lambda verdict: (verdict.worse_by, -verdict.day.toordinal()))
        newest = AS_OF - timedelta(days=6) if grain == "week" else AS_OF
        rows.append(
            (
                *("critical" if any(each.is_critical for each in episode.periods) else "warning", state),
                *(state == "open" and episode.opened == newest, episode.periods[0].day, episode.opened),
                *(
                    last.day,
                    episode.closed,
                    len(episode.periods),
                    len(bad_ones),
                    worst.day,
                    worst.value,
                    last.value,
                ),
            )
        )
    return rows


@st.composite
def some_values(draw: st.DrawFn) -> list[Value]:
    """Days and weeks of a few KPIs: steady, with gaps, jumps and days of few calls."""
    values: list[Value] = []
    for kpi_id in KPIS:
        is_present = draw(st.lists(st.integers(0, 9), min_size=72, max_size=72))
        levels = draw(
            st.lists(st.sampled_from([80.0, 81.0, 79.0, 82.0, 74.0, 60.0, 100.0]), min_size=12, max_size=12)
        )
        noise = draw(
            st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, -1.0, 2.5, -7.0]), min_size=72, max_size=72)
        )
        silence = draw(st.integers(0, 60))
        for number, (present, shift) in enumerate(zip(is_present, noise, strict=True)):
            day = MONDAY + timedelta(days=number)
            if present and not silence <= number < silence + 12 and day <= AS_OF:
                values.append((kpi_id, "day", day, levels[number // 14] + shift, 99 if present < 4 else 100))
        for number in range(11):  # the last of them is not complete
            if is_present[number] > 1:
                week = MONDAY + timedelta(days=7 * number)
                values.append((kpi_id, "week", week, levels[number] + noise[number], 100))
    return values


@hypothesis_settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(values=some_values())
def test_the_alerts_are_those_of_a_walk_through_the_periods(rules: Rules, values: list[Value]) -> None:
    assert sorted(alerts_of(rules, values), key=str) == expected_alerts(rules, values)


def test_the_order_of_the_values_does_not_matter(rules: Rules) -> None:
    values: list[Value] = [
        ("service_level", "day", MONDAY + timedelta(days=number), 60.0 if number % 9 < 4 else 90.0, 100)
        for number in range(70)
    ]
    found = alerts_of(rules, values)
    assert len(found) > 3
    assert alerts_of(rules, values[::-1]) == found


def test_no_values_make_no_alerts(rules: Rules) -> None:
    assert alerts_of(rules, []) == []
