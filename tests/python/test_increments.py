"""What a run adds to what earlier runs built is what a full refresh gives: every public table, every cell.

Thus the order in which files come does not matter.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import landing_schedules
import pytest
from compiled_project import Compiled, build_models, built, increment_models, load_seeds
from hypothesis import HealthCheck, Phase, given, settings
from release_content import rows_of_marts

from callmart.landing import RunFacts, land, note_future_rows
from callmart.reliability.figures import record

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@dataclass
class Comparison:
    """What was compared, and what differs."""

    schedules: int = 0
    runs: int = 0
    broken_off: int = 0
    tables: int = 0
    cells: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.schedules} schedules, {self.runs} runs ({self.broken_off} broken off), {self.tables:,} tables,"
            f" {self.cells:,} cells compared, {len(self.differences)} differences"
        )


@contextmanager
def work_database(project: Compiled) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A build's database that holds nothing but the seeds, and an empty raw folder."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        load_seeds(connection, project)
        yield connection, Path(folder)


def run_increment(
    connection: duckdb.DuckDBPyConnection, raw: Path, run: landing_schedules.Run, project: Compiled
) -> bool:
    """Land what is new and build what it touches; say whether the run came to its end."""
    known = connection.execute(
        "select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'run'"
    ).fetchone()
    facts = RunFacts(
        run.data.run_started_at, "pepper", False, is_full_refresh=known is None, rebuild=run.rebuild
    )
    land(connection, raw, facts, {})
    if known is None:
        build_models(connection, project, run.data.as_of)
    else:
        stop_after = None if run.breaks_off_after is None else int(run.breaks_off_after * len(project.models))
        increment_models(connection, project, run.data.as_of, stop_after)
        if stop_after is not None:
            return False
    note_future_rows(connection, "staging.rejected_records")
    connection.execute("update raw.run set completed_at = run_started_at")
    return True


def compare(
    connection: duckdb.DuckDBPyConnection,
    refreshed: duckdb.DuckDBPyConnection,
    project: Compiled,
    into: Comparison,
) -> None:
    """Every cell of every public table."""
    for table in project.public:
        one = connection.execute(f"from marts.{table}").fetchall()
        other = refreshed.execute(f"from marts.{table}").fetchall()
        into.tables += 1
        into.cells += sum(len(row) for row in other)
        extra, missing = Counter(one) - Counter(other), Counter(other) - Counter(one)
        for row in list(extra)[:3]:
            into.differences.append(f"{table}: only in the increment {row}")
        for row in list(missing)[:3]:
            into.differences.append(f"{table}: only in the full refresh {row}")


def check(runs: Sequence[landing_schedules.Run], compiled: Sequence[Compiled], total: Comparison) -> None:
    """Run the schedule, and after each run that ends compare with a full refresh of the same files."""
    project = compiled[runs[0].data.variant]
    own = Comparison(schedules=1)
    with work_database(project) as (connection, raw):
        for number, run in enumerate(runs):
            run.write(raw, number)
            own.runs += 1
            if not run_increment(connection, raw, run, project):
                own.broken_off += 1
                continue
            for refreshed in built(raw, run.data.run_started_at, project, run.data.as_of):
                compare(connection, refreshed, project, own)
            if own.differences:
                break
    total.schedules += 1
    total.runs += own.runs
    total.broken_off += own.broken_off
    total.tables += own.tables
    total.cells += own.cells
    total.differences += own.differences
    assert not own.differences, f"run {own.runs} of {len(runs)}:\n" + "\n".join(own.differences[:40])


def check_orders(
    ways: Sequence[Sequence[landing_schedules.Run]], compiled: Sequence[Compiled], total: Comparison
) -> None:
    """Run each way to the end, and compare what it gives with a full refresh of all files."""
    data = ways[0][0].data
    project = compiled[data.variant]
    expected = None
    for runs in ways:
        with work_database(project) as (connection, raw):
            for run in runs:
                run.write(raw, 0)
                assert run_increment(connection, raw, run, project)
            found = rows_of_marts(connection, project.public)
            if expected is None:
                [expected] = [
                    rows_of_marts(refreshed, project.public)
                    for refreshed in built(raw, data.run_started_at, project, data.as_of)
                ]
        differing = [name for name in found if found[name] != expected[name]]
        total.schedules += 1
        total.runs += len(runs)
        total.tables += len(expected)
        total.cells += sum(len(row) for rows in expected.values() for row in rows)
        total.differences += differing
        assert differing == []


def generated(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=RELAXED,
    )


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_increments_give_what_a_full_refresh_gives(
    examples: int, compiled: list[Compiled], capsys: pytest.CaptureFixture[str]
) -> None:
    total = Comparison()

    @generated(examples)
    @given(landing_schedules.schedules())
    def agrees(runs: list[landing_schedules.Run]) -> None:
        check(runs, compiled, total)

    try:
        agrees()
    finally:
        with capsys.disabled():
            print(f"\nincrements against full refreshes: {total}")
        record(
            "any_order",
            "Random histories, each run against a full refresh",
            {
                "histories": total.schedules,
                "runs": total.runs,
                "of them broken off half-way": total.broken_off,
                "cells compared": total.cells,
                "differences": len(total.differences),
            },
        )


@pytest.mark.parametrize("examples", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_the_order_and_the_grouping_of_files_change_nothing(examples: int, compiled: list[Compiled]) -> None:
    total = Comparison()

    @generated(examples)
    @given(landing_schedules.arrivals())
    def agree(ways: list[list[landing_schedules.Run]]) -> None:
        check_orders(ways, compiled, total)

    try:
        agree()
    finally:
        record(
            "any_order",
            "The same files in random orders and groups",
            {
                "orders": total.schedules,
                "runs": total.runs,
                "cells compared": total.cells,
                "differences": len(total.differences),
            },
        )
