"""A release is made again from what it says it was made of, elsewhere and later; `as_of` cuts off the rest."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import random_data
from compiled_project import Compiled, built
from hypothesis import HealthCheck, Phase, given, settings

from callmart.contract import read_contract
from callmart.reliability.figures import record
from callmart.reported import changed_days
from callmart.sample import write_sample
from callmart.sql_text import identifier

Build = Callable[..., subprocess.CompletedProcess[str]]
RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
# A build that takes the clock to be so many days on, and has so many cores.
BUILD_ELSEWHERE = """
import os, sys
from datetime import UTC, datetime, timedelta
from functools import partial
days, cores, *arguments = sys.argv[1:]
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
from callmart import build, runs
build.Run = partial(runs.Run, started_at=datetime.now(UTC) + timedelta(days=int(days)))
sys.exit(build.main(arguments))
"""


@dataclass(frozen=True)
class Place:
    """Another machine, as far as one can be made up: its clock in days from now, cores, zone, language, hash seed."""

    days: int
    cores: int
    zone: str
    language: str
    seed: str


PLACES = (
    Place(400, 1, "Asia/Kathmandu", "tr_TR.UTF-8", "1"),
    Place(-2, 2, "America/St_Johns", "C", "2"),
    Place(3000, 1, "Pacific/Kiritimati", "fr_FR.UTF-8", "3"),
    Place(0, 2, "UTC", "de_DE.UTF-8", "4"),
)
OF_THE_RUN = {"release", "published_at", "run_started_at"}


def content(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every cell of every public table, rows in an order of their own."""
    with duckdb.connect(warehouse / "current" / "callmart.duckdb", read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        return {
            name: connection.execute(f"from marts.{identifier(name)} order by all").fetchall()
            for (name,) in tables
        }


def facts(warehouse: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((warehouse / "current" / "release.json").read_text(encoding="utf-8"))
    return told


@pytest.mark.parametrize("places", [1, pytest.param(len(PLACES), marks=pytest.mark.slow)])
def test_the_same_files_and_settings_give_the_same_release_elsewhere_and_at_another_time(
    places: int, build: Build, build_environment: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    variables = "{as_of: 2024-01-12, service_level_seconds: 15}"
    write_sample(tmp_path / "raw", legs=300, days=14)
    done = build(tmp_path / "raw", tmp_path / "first", "--vars", variables)
    assert done.returncode == 0, done.stderr
    expected, told = content(tmp_path / "first"), facts(tmp_path / "first")
    cells = sum(len(row) for rows in expected.values() for row in rows)
    for number, place in enumerate(PLACES[:places]):
        raw, warehouse = tmp_path / f"elsewhere {number}" / "in", tmp_path / f"elsewhere {number}" / "out"
        shutil.copytree(tmp_path / "raw", raw, copy_function=shutil.copy)  # with times of their own
        own = {"TZ": place.zone, "LC_ALL": place.language, "PYTHONHASHSEED": place.seed}
        again = subprocess.run(
            [sys.executable, "-c", BUILD_ELSEWHERE, str(place.days), str(place.cores), "--vars", variables],
            env=build_environment(raw, warehouse, Path(__file__).parents[2]) | own,
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 0, again.stderr
        found = content(warehouse)
        assert found.keys() == expected.keys()
        assert [name for name in found if found[name] != expected[name]] == []
        told_again = facts(warehouse)
        assert {key for key in told if told[key] != told_again[key]} <= OF_THE_RUN
    record(
        "reproducible",
        "The same release elsewhere",
        {
            "places": places,
            "tables": len(expected) * places,
            "cells compared": cells * places,
            "differences": 0,
        },
    )
    # It says what it was made of.
    assert told["settings"]["service_level_seconds"] == 15
    assert told["as_of"] == "2024-01-12T22:59:59.999999+00:00"
    assert len(told["code"]) == 64
    files = {file["file"]: file for file in told["files"]}
    lying = {path.relative_to(tmp_path / "raw").as_posix(): path for path in (tmp_path / "raw").glob("*/*")}
    assert files.keys() == lying.keys()
    for name, path in lying.items():
        assert files[name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (files[name]["table"], files[name]["bytes"]) == (name.split("/")[0], path.stat().st_size)


# A past as_of


def without_what_came_after(
    connection: duckdb.DuckDBPyConnection, data: random_data.DataSet
) -> random_data.DataSet:
    """The data set without the records, in all their versions, that happened after the `as_of` of the build."""
    tables = {}
    for name, rows in data.tables.items():
        table = read_contract().tables[name]
        dropped: set[tuple[str, int]] = set()
        if table.dated_by is not None:
            limit = "as_of_date" if table.dated_by.type == "date" else "as_of"
            key = ", ".join(f"coalesce(cast({identifier(column)} as varchar), '')" for column in table.key)
            dropped = set(
                connection.execute(
                    f"select _landed_file, _row from staging.landed_{name} where ({key}) in (select ({key})"
                    f" from staging.stg_{name} where {table.dated_by.name} >"
                    f" (select {limit} from intermediate.int_run))"
                ).fetchall()
            )
        numbers: dict[str, int] = {}
        kept = []
        for file, row in rows:
            numbers[file] = numbers.get(file, 0) + 1
            if (f"{name}/{file}", numbers[file]) not in dropped:
                kept.append((file, row))
        tables[name] = kept
    return random_data.DataSet(data.variant, data.as_of, data.run_started_at, tables)


def kpi_values(connection: duckdb.DuckDBPyConnection) -> tuple[list[tuple[Any, ...]], set[str]]:
    """Every value, the KPI first; and the KPIs that are available."""
    rows = connection.execute(
        "select kpi_id, * exclude (kpi_id) from marts.kpi_values order by all"
    ).fetchall()
    available = connection.execute("select kpi_id from marts.data_availability where is_available").fetchall()
    return rows, {kpi_id for (kpi_id,) in available}


@pytest.mark.parametrize("examples", [8, pytest.param(150, marks=pytest.mark.slow)])
def test_what_happened_after_a_past_as_of_does_not_count(examples: int, compiled: list[Compiled]) -> None:
    counted = {"data sets": 0, "rows after as_of": 0, "values compared": 0}

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=RELAXED,
    )
    @given(random_data.data_sets())
    def agrees(data: random_data.DataSet) -> None:
        if data.as_of is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            data.write(Path(folder, "all"))
            for connection in built(
                Path(folder, "all"), data.run_started_at, compiled[data.variant], data.as_of
            ):
                found, available = kpi_values(connection)
                cut = without_what_came_after(connection, data)
            after = sum(len(rows) - len(cut.tables[name]) for name, rows in data.tables.items())
            if not after:
                return
            Path(folder, "cut").mkdir()
            cut.write(Path(folder, "cut"))
            for connection in built(
                Path(folder, "cut"), data.run_started_at, compiled[data.variant], data.as_of
            ):
                others, available_without = kpi_values(connection)
                # A table all of whose rows came later is a table without rows: its KPIs are not available then.
                both = available & available_without
                assert [row for row in others if row[0] in both] == [row for row in found if row[0] in both]
            counted["data sets"] += 1
            counted["rows after as_of"] += after
            counted["values compared"] += len(found)

    agrees()
    assert counted["data sets"]
    record("reproducible", "A past as_of", counted)


# What changed of days that were reported


@pytest.mark.slow
def test_late_rows_corrections_deletions_and_settings_are_listed_as_changes(
    build: Build, tmp_path: Path
) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"

    def put(name: str, *calls: tuple[str, str, str, str]) -> None:
        rows: list[dict[str, object]] = [
            {
                "call_id": key, "direction": "inbound", "outcome": outcome, "queue_id": "q1",
                "started_at": f"{day}T08:00:00Z", "queued_at": f"{day}T08:00:00Z", "wait_seconds": "10",
                "is_test": is_test, "updated_at": f"{day}T09:00:0{'1' if name > 'b' else '0'}Z",
            }
            for key, day, outcome, is_test in calls
        ]  # fmt: skip
        random_data.write_rows_of(raw, "calls", name, rows)

    def run(variables: str = "{}") -> dict[date, dict[str, tuple[float | None, float | None]]]:
        """Build; the changes of the whole centre by day and KPI."""
        done = build(raw, warehouse, "--vars", variables)
        assert done.returncode == 0, done.stderr
        counted["runs"] += 1
        told.clear()
        told.update(
            {day.day: day for day in changed_days(warehouse, (warehouse / "current").readlink().name)}
        )
        return {
            day.day: {
                change.kpi_id: (change.first, change.now)
                for change in day.changes
                if change.scope_type == "all"
            }
            for day in told.values()
        }

    told: dict[date, Any] = {}
    counted: Counter[str] = Counter()
    third, fourth = date(2024, 6, 3), date(2024, 6, 4)
    put(
        "a.csv",
        *((f"c{number}", "2024-06-03", "answered", "") for number in (1, 2, 3)),
        ("c4", "2024-06-03", "abandoned", ""),
        ("c5", "2024-06-04", "answered", ""),
        ("c6", "2024-06-04", "answered", ""),
        ("c7", "2024-06-05", "answered", ""),
    )
    assert run() == {}
    put("b.csv", ("c8", "2024-06-06", "answered", ""))
    assert run() == {}  # a new day changes none before it
    put("late.csv", ("c9", "2024-06-03", "abandoned", ""))
    changes = run()
    assert list(changes) == [third]
    # 1 of 4 abandoned, then 2 of 5.
    assert changes[third]["abandonment_rate"] == (25.0, 40.0)
    assert changes[third]["offered_calls"] == (4.0, 5.0)
    assert [(file.file, file.fate, file.rows) for file in told[third].files] == [
        ("calls/late.csv", "came", 1)
    ]
    assert told[third].reasons == ["rows of the day came or went"]
    counted["late rows listed"] += 1
    put("what_was_a_test.csv", ("c6", "2024-06-04", "answered", "true"))
    changes = run()
    assert list(changes) == [third, fourth]
    assert changes[fourth]["offered_calls"] == (2.0, 1.0)
    assert [file.file for file in told[fourth].files] == ["calls/what_was_a_test.csv"]
    counted["deletions listed"] += 1
    put("x_corrected.csv", ("c5", "2024-06-04", "abandoned", ""))
    assert run()[fourth]["abandonment_rate"] == (0.0, 100.0)
    counted["corrections listed"] += 1
    changes = run("{service_level_seconds: 5}")
    assert changes[third]["service_level"] == (75.0, 0.0)  # all waited ten seconds: in time by 20, not by 5
    assert told[third].reasons == ["setting service_level_seconds", "rows of the day came or went"]
    counted["settings listed"] += 1
    (raw / "calls" / "late.csv").unlink()
    done = build(raw, warehouse, "--full-refresh")
    assert done.returncode == 0, done.stderr
    assert [day.day for day in changed_days(warehouse, (warehouse / "current").readlink().name)] == [fourth]
    counted["runs"] += 1
    record(
        "reproducible",
        "Days that changed after they were reported",
        counted,
    )
