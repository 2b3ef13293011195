"""Two computations of every KPI agree: the models' SQL, and plain Python over the raw rows (`tests/oracle`)."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import random_data
from comparing import SEEDS, Agreement, compare_staging, compare_suppressed, compare_values, published
from compiled_project import Compiled, built, failing_tests
from hypothesis import HealthCheck, Phase, given, settings

import oracle
from callmart.contract import read_contract
from callmart.sample import write_sample

OPTIONAL_TABLES = [name for name, table in read_contract().tables.items() if not table.required]


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
