"""Two computations of every KPI agree: the models' SQL, and plain Python over the raw rows (`tests/oracle`)."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest
import random_data
import small_groups
from compiled_project import Compiled, built, failing_tests
from hypothesis import HealthCheck, Phase, given, settings

import oracle
from callmart.contract import read_contract
from callmart.paths import PROJECT
from callmart.sample import write_sample

Key = tuple[str, str, date | None, str, str]
Values = dict[Key, float | None]
Results = Mapping[Key, tuple[Any, Any, Any]]

SEEDS = PROJECT / "seeds"
OPTIONAL_TABLES = [name for name, table in read_contract().tables.items() if not table.required]
TOLERANCE = 1e-9
# Employees' answers: which groups are shown may differ, what is shown may not.
SUPPRESSED = ("enps", "pulse_score")
FAILED_CAST = "optional column not castable: "


# Comparing


@dataclass
class Agreement:
    """What was compared, and what differs."""

    data_sets: int = 0
    values: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.data_sets} data sets, {self.values:,} values compared"


def kinds_of_kpis() -> dict[str, str]:
    """Every KPI of the catalogue with its kind; `volume` where no row is the same as 0."""
    with (SEEDS / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as lines:
        return {
            row["kpi_id"]: "volume"
            if row["kind"] in ("count", "distinct") and not row["denominator"]
            else row["kind"]
            for row in csv.DictReader(lines)
        }


def published(connection: duckdb.DuckDBPyConnection) -> Values:
    rows = connection.execute(
        "select kpi_id, grain, case when grain <> 'total' then period_start end, scope_type, scope_id, value"
        " from marts.kpi_values"
    ).fetchall()
    values: Values = {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}
    assert len(values) == len(rows)
    return values


def compare_values(connection: duckdb.DuckDBPyConnection, results: Results, agreement: Agreement) -> None:
    """Every KPI, scope and grain that either side has, of the KPIs whose raw tables hold rows.

    The oracle computes what it can from the tables there are; the models leave a KPI out when one it needs is absent.
    """
    kinds, found = kinds_of_kpis(), published(connection)
    absent = connection.execute(
        "select kpi_id from marts.data_availability where not is_available"
    ).fetchall()
    unavailable = {kpi_id for (kpi_id,) in absent}
    assert {key[0] for key in found} | {key[0] for key in results} <= set(kinds)
    assert not unavailable & {key[0] for key in found}
    expected = {key: result[2] for key, result in results.items()}
    for key in found.keys() | expected.keys():
        if key[0] in SUPPRESSED or key[0] in unavailable:
            continue
        agreement.values += 1
        sql, python = found.get(key), expected.get(key)
        if kinds[key[0]] == "volume":
            sql, python = sql or 0.0, python or 0.0
        if not is_same(sql, python):
            agreement.differences.append(f"{key}: SQL {sql}, oracle {results.get(key)}")


def is_same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def compare_suppressed(found: Values, results: Results, minimum: int, agreement: Agreement) -> None:
    """What is shown of employees' answers is right, and gives no small group away; `results` are all there are."""
    for kpi_id in SUPPRESSED:
        shown = sorted((key for key in found if key[0] == kpi_id), key=str)
        for key in shown:
            agreement.values += 1
            if key not in results or not is_same(found[key], results[key][2]):
                agreement.differences.append(f"{key}: SQL {found[key]}, oracle {results.get(key)}")
        # Answers that lie in the same shown groups cannot be told apart: they are one part.
        parts: Counter[tuple[bool, ...]] = Counter()
        for (day, team), answers in answers_by_day_and_team(kpi_id, results).items():
            parts[tuple(holds(key, day, team) for key in shown)] += answers
        inside = [held for held in parts if any(held)]
        for small in small_groups.isolated(inside, [parts[held] for held in inside], minimum):
            names = [
                str(key) for number, key in enumerate(shown) if any(inside[part][number] for part in small)
            ]
            agreement.differences.append(f"{kpi_id}: a group under {minimum} follows from {names}")


def holds(key: Key, day: date, team: str) -> bool:
    """Whether a published group holds the answers of a team and day."""
    return key[4] in ("all", team) and (key[1] == "total" or day in days_of(key))


def answers_by_day_and_team(kpi_id: str, results: Results) -> dict[tuple[date, str], int]:
    """Answers of each day and team; those without a team under an empty name."""
    counts: Counter[tuple[date, str]] = Counter()
    for (found, grain, start, scope_type, scope_id), (_, denominator, _) in results.items():
        if found == kpi_id and grain == "day" and start is not None:
            if scope_type == "all":
                counts[start, ""] += int(denominator)
            else:
                counts[start, scope_id] += int(denominator)
                counts[start, ""] -= int(denominator)
    return {cell: answers for cell, answers in counts.items() if answers}


def days_of(key: Key) -> set[date]:
    """The days of a published period."""
    _, grain, start, _, _ = key
    assert start is not None
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain)
    if months is None:
        return {start + timedelta(days=number) for number in range({"day": 1, "week": 7}[grain])}
    last = start.month - 1 + months
    end = date(start.year + last // 12, last % 12 + 1, 1)
    return {start + timedelta(days=number) for number in range((end - start).days)}


def compare_staging(
    connection: duckdb.DuckDBPyConnection, counts: Mapping[str, oracle.TableCounts], agreement: Agreement
) -> None:
    """What became of the rows of every table, and the reasons."""
    found: dict[str, dict[str, int]] = {}
    for table, landed, staged, rejected, superseded in connection.execute(
        "select raw_table, landed_rows, staged_rows, rejected_rows, superseded_rows from marts.landing_summary"
    ).fetchall():
        found[table] = {
            "landed": landed,
            "staged": staged,
            "rejected": rejected,
            "superseded": superseded,
        }
    for table, reason, rows in connection.execute("from marts.rejection_summary").fetchall():
        found[table][reason] = rows
    assert set(found) == set(counts)
    for table, count in counts.items():
        expected = {
            "landed": count.landed,
            "staged": count.staged,
            "rejected": count.rejected,
            "superseded": count.superseded,
            **count.reasons,
            **{f"{FAILED_CAST}{column}": rows for column, rows in count.failed_casts.items()},
        }
        for name in found[table].keys() | expected.keys():
            agreement.values += 1
            if found[table].get(name, 0) != expected.get(name, 0):
                agreement.differences.append(
                    f"{table}, {name}: SQL {found[table].get(name, 0)}, oracle {expected.get(name, 0)}"
                )


# The default sample


@pytest.fixture(scope="module")
def sample_run(sample: Path) -> datetime:
    """When the run that built the sample's release started."""
    facts = json.loads((sample / "warehouse" / "current" / "release.json").read_text())
    return datetime.fromisoformat(facts["run_started_at"])


def test_the_sample_gives_the_same_kpi_values(
    sample: Path, sample_run: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = Agreement(data_sets=1)
    with duckdb.connect(sample / "warehouse" / "current" / "callmart.duckdb", read_only=True) as connection:
        found = published(connection)
        results = oracle.compute(sample / "raw", SEEDS, {"min_group_size": 1}, sample_run)
        compare_values(connection, results, agreement)
        compare_suppressed(found, results, 5, agreement)
    with capsys.disabled():
        print(f"\nsample, KPI values: {agreement}")
    assert agreement.values >= len(found) > 0
    assert agreement.differences == []


def test_the_sample_is_staged_the_same(
    sample: Path, sample_run: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = Agreement(data_sets=1)
    with duckdb.connect(sample / "warehouse" / "current" / "callmart.duckdb", read_only=True) as connection:
        compare_staging(connection, oracle.staging(sample / "raw", {}, sample_run), agreement)
    with capsys.disabled():
        print(f"\nsample, staging counts: {agreement}")
    assert agreement.differences == []


# Whole cases, worked out by hand or straight from the source


@pytest.mark.parametrize(
    "case",
    [
        "golden/inbound_queue",
        "golden/handle_time",
        "golden/leads",
        "golden/surveys",
        "real/italian_help_desk",
        "real/sfo_survey_2018",
    ],
)
def test_a_whole_case_gives_its_values(
    case: str, shared: Path, sample_run: datetime, compiled: list[Compiled]
) -> None:
    with (shared / case / "expected.csv").open(newline="") as lines:
        expected = {row["kpi_id"]: float(row["value"]) for row in csv.DictReader(lines)}
    for connection in built(shared / case / "raw", sample_run, compiled[0], None):
        values = published(connection)
    found = {kpi_id: values.get((kpi_id, "total", None, "all", "all")) for kpi_id in expected}
    assert found == pytest.approx(expected, abs=1e-6)


# A raw table that is not there


@pytest.fixture(scope="module")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample small enough to be built once per table."""
    folder = tmp_path_factory.mktemp("small")
    write_sample(folder, legs=1200, days=40)
    return folder


@pytest.fixture(scope="module")
def kpis_of_all_tables(small_sample: Path, sample_run: datetime, compiled: list[Compiled]) -> set[str]:
    """The KPIs with values when no table is missing."""
    for connection in built(small_sample, sample_run, compiled[0], None):
        found = {key[0] for key in published(connection)}
    return found


@pytest.mark.parametrize("table", OPTIONAL_TABLES)
def test_without_a_table_exactly_the_kpis_that_need_it_are_missing(
    table: str,
    small_sample: Path,
    sample_run: datetime,
    compiled: list[Compiled],
    kpis_of_all_tables: set[str],
    tmp_path: Path,
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(small_sample, raw)
    shutil.rmtree(raw / table)
    with (SEEDS / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as lines:
        needing = {row["kpi_id"] for row in csv.DictReader(lines) if table in row["raw_tables"].split()}
    for connection in built(raw, sample_run, compiled[0], None):
        absent = connection.execute(
            "select kpi_id, missing_tables from marts.data_availability where not is_available"
        ).fetchall()
        found = {key[0] for key in published(connection)}
        stopping = failing_tests(connection, compiled[0], None)
    assert dict(absent) == dict.fromkeys(needing, table)
    assert found == kpis_of_all_tables - needing
    assert stopping == []


# Small random data


def check(data: random_data.DataSet, compiled: Sequence[Compiled], agreement: Agreement) -> None:
    """Build and test the data set with the project's SQL, compute it in Python, and compare."""
    project = compiled[data.variant]
    variables = {**project.variables, **({"as_of": data.as_of} if data.as_of else {})}
    own = Agreement(data_sets=1)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder)
        data.write(raw)
        for connection in built(raw, data.run_started_at, project, data.as_of):
            own.differences += failing_tests(connection, project, data.as_of)
            compare_staging(connection, oracle.staging(raw, variables, data.run_started_at), own)
            compare_values(connection, oracle.compute(raw, SEEDS, variables, data.run_started_at), own)
            if "survey_responses" in data.tables:
                everything = oracle.compute(
                    raw, SEEDS, {**variables, "min_group_size": 1}, data.run_started_at
                )
                compare_suppressed(
                    published(connection), everything, int(str(variables.get("min_group_size", 5))), own
                )
    agreement.data_sets += 1
    agreement.values += own.values
    assert not own.differences, "\n".join(sorted(own.differences)[:200])


RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def test_small_random_data_give_the_same(
    compiled: list[Compiled], capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = Agreement()

    @settings(
        max_examples=25,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=RELAXED,
    )
    @given(random_data.data_sets())
    def agrees(data: random_data.DataSet) -> None:
        check(data, compiled, agreement)

    agrees()
    with capsys.disabled():
        print(f"\nrandom data: {agreement}")


@pytest.mark.slow
def test_much_small_random_data_give_the_same(
    compiled: list[Compiled], capsys: pytest.CaptureFixture[str]
) -> None:
    agreement, drawn = Agreement(), Counter[int]()

    @settings(max_examples=400, deadline=None, suppress_health_check=RELAXED)
    @given(random_data.data_sets())
    def agrees(data: random_data.DataSet) -> None:
        drawn[data.variant] += 1
        check(data, compiled, agreement)

    agrees()
    with capsys.disabled():
        print(f"\nrandom data: {agreement}")
    assert set(drawn) == set(range(len(random_data.VARIANTS)))
