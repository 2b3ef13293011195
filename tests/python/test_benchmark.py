"""The benchmark: its floor makes the same tables, its pieces measure what they say, its pages say what was measured."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from callmart.benchmark.children import ChildError, run_child
from callmart.benchmark.dashboard import percentile, queries, time_queries
from callmart.benchmark.floor import FILE_NAME, Settings, hand_written, run_floor
from callmart.benchmark.night import DAILY_TABLES, add_day
from callmart.benchmark.page import chart, page
from callmart.benchmark.scale import constants, days_touched, largest_partition, zipf_shares
from callmart.benchmark.scale import page as scale_page
from callmart.paths import PROJECT
from callmart.sample import write_sample


def test_the_floor_makes_every_table_of_the_marts_cell_by_cell(sample: Path, tmp_path: Path) -> None:
    run_floor(sample / "warehouse", sample / "raw", tmp_path / FILE_NAME, Settings())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / FILE_NAME}' as floor (read_only)")
        connection.execute(f"attach '{sample / 'warehouse' / 'work' / FILE_NAME}' as built (read_only)")
        names = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'marts'"
        ).fetchall()
        differing = {name: found for (name,) in names if any(found := _differences(connection, name))}
    assert len(names) > 80
    assert differing == {}


def _differences(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    """Rows that only the floor has, and rows that only the build has; doubles to nine decimals."""
    described = connection.execute(f"describe built.marts.{table}").fetchall()
    columns = ", ".join(
        f"round({name}, 9) as {name}" if kind == "DOUBLE" else str(name) for name, kind, *_ in described
    )

    def only_in(one: str, other: str) -> int:
        found = connection.execute(
            f"select count(*) from (select {columns} from {one}.marts.{table}"
            f" except all select {columns} from {other}.marts.{table})"
        ).fetchone()
        return int(found[0]) if found else 0

    return only_in("floor", "built"), only_in("built", "floor")


def test_every_hand_written_table_of_the_floor_is_a_model() -> None:
    models = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    assert hand_written().keys() <= models


def test_every_query_of_the_dashboard_answers_on_the_sample(sample: Path) -> None:
    release = (sample / "warehouse" / "current" / FILE_NAME).resolve()
    taken = time_queries(release, rounds=1)
    assert len(taken) >= 20
    assert list(taken) == list(queries())
    with duckdb.connect(release, read_only=True) as connection:
        last = connection.execute("select max(call_date) from marts.queue_daily").fetchone()
        assert last is not None
        empty = [
            name
            for name, text in queries().items()
            if not connection.execute(text, {"last": last[0]} if "$last" in text else {}).fetchall()
        ]
    assert empty == []


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.0, 1)]
)  # of 1 to 20: ten values are at most 10, nineteen at most 19
def test_a_percentile_is_one_of_the_values(fraction: float, expected: int) -> None:
    assert percentile(list(range(20, 0, -1)), fraction) == expected


def test_the_night_brings_one_day_of_new_keys(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write_sample(raw, legs=1200, start=dt.date(2024, 3, 1), days=14, file_format="parquet")
    day = dt.date(2024, 3, 15)
    rows = add_day(raw, tmp_path, day, legs=300, seed=7)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = connection.execute(
            "select count(*), count(distinct call_id), min(cast(started_at as date)), max(cast(started_at as date))"
            f" from '{raw}/calls/day_*.parquet'"
        ).fetchone()
        known = connection.execute(
            f"select count(*) from '{raw}/calls/day_*.parquet' where call_id in"
            f" (select call_id from read_parquet('{raw}/calls/calls_*.parquet', union_by_name = true))"
        ).fetchone()
    assert found == (rows["calls"], rows["calls"], day, day)
    assert known == (0,)
    assert 150 <= rows["calls"] <= 600  # about 300: weekdays differ
    assert rows.keys() == DAILY_TABLES.keys()


def test_a_child_is_measured_by_itself() -> None:
    # In a process of its own: a child begins with the peak of the one it is forked from, and this one is large.
    measured = (
        "from callmart.benchmark.children import run_child\n"
        "cost, said = run_child('json.tool', ['--help'], {})\n"
        "print('usage' in said, cost.cpu_seconds, cost.peak_bytes)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", measured],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert printed[0] == "True"
    assert 0 < float(printed[1]) < 60
    assert 5_000_000 < int(printed[2]) < 500_000_000


def test_a_child_that_fails_stops_the_benchmark() -> None:
    with pytest.raises(ChildError, match="ended with 2"):
        run_child("json.tool", ["--no-such-option"], {})


def _size(legs: int, build: float, floor: float) -> dict[str, Any]:
    run = {"wall_seconds": build, "cpu_seconds": 2 * build, "peak_bytes": 2**30}
    phases = {"landing": 1, "models": build - 7, "tests": 2, "dbt": 1, "publish": 2, "rest": 1}
    timed = {**run, "phases": phases, "slowest": {"fct_calls": 3.0}}
    times = {"p50_ms": 20.0, "p95_ms": 51.0}
    return {
        "legs": legs,
        "build": timed,
        "floor": {**run, "wall_seconds": floor, "slowest": {"fct_calls": 2.5}},
        "bytes": {"raw": legs * 80, "work": legs * 800, "release": legs * 500},
        "rows": {"fct_agent_states": 3 * legs, "kpi_values": 11 * legs},
        "night": {**timed, "wall_seconds": 14.0, "rows": {"calls": 99_000}},
        "idle": {**timed, "wall_seconds": 9.0},
        "dashboard": {
            "queries": {"one": {"cold_ms": 51.0, "warm_ms": 4.0}},
            "cold": times,
            "warm": {"p50_ms": 2.0, "p95_ms": 4.0},
        },
    }


def _results(build: float) -> dict[str, Any]:
    return {
        "machine": {
            "load": 0.1,
            "cores": 2,
            "memory_gib": 24,
            "python": "3.11",
            "duckdb": "1.5.6",
            "dbt_core": "1.12.0",
        },
        "sizes": {
            "1000000": _size(1_000_000, 20.0, 16.0),
            "10000000": _size(10_000_000, build, 100.0),
        },
    }


def _row(text: str, target: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {target}"))


def test_a_target_is_met_up_to_its_bound_and_missed_beyond() -> None:
    target = "full build of 10 million legs at most 1.25 x"
    assert "| 1.25 x | yes |" in _row(page(_results(125.0)), target)
    assert "| 1.26 x | no |" in _row(page(_results(126.0)), target)


def test_the_page_judges_queries_on_a_new_connection() -> None:
    row = _row(page(_results(125.0)), "95 % of dashboard queries within 50 ms at 10 million")
    assert "51 ms on a new connection, 4 ms on an open one | no |" in row


def test_the_cost_per_leg_is_compared_over_all_sizes() -> None:
    # 20 s and 12.5 s for a million legs: 1.6 times as much, and more than a fifth.
    assert "| 12.5 to 20.0 s per million | no |" in _row(page(_results(125.0)), "cost per leg")


def test_the_chart_is_sound_and_shows_every_size() -> None:
    root = ElementTree.fromstring(chart(_results(125.0)))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "1 million legs" in texts
    assert "10 million legs" in texts
    assert "1.25 x the floor" in texts


def test_the_constants_of_scale_are_those_of_the_largest_size() -> None:
    measured = constants(_results(125.0))
    assert measured.legs == 10_000_000
    assert measured.raw_bytes == pytest.approx(80e6)
    assert measured.values == pytest.approx(11e6)
    # 250 s of processor time, of which landing and models have 119 of 125 s by the clock, for ten million legs.
    assert measured.sql_core_seconds == pytest.approx(250 * 119 / 125 / 10)


def test_a_month_at_scale_is_the_constants_times_a_thousand() -> None:
    text = scale_page(_results(125.0))
    # 80 MB of raw files per million legs: 1000 million a month, 33.3 million a day.
    assert "| raw files | 2.7 GB | 80.0 GB | 1.0 TB |" in text


def test_zipf_gives_the_second_key_half_of_the_first() -> None:
    assert zipf_shares(2, 1.0).tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_key_that_has_all_rows_fills_one_partition() -> None:
    assert largest_partition(zipf_shares(1, 1.0), 400) == 400
    assert largest_partition(zipf_shares(1000, 1.0), 1) == pytest.approx(1.0)


def test_late_rows_touch_every_day_within_the_horizon_and_none_beyond() -> None:
    assert days_touched([(1.0, 1000.0)], 100_000, horizon=10) == 9  # 1 to 9 days ago; today is no past day
    assert days_touched([(1.0, 0.001)], 1000, horizon=10) == 0
