"""Every connector gives the KPIs that were worked out by hand for its fixture: alone, with all others, run by run."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from compiled_project import (
    Compiled,
    build_models,
    built,
    compile_project,
    failing_tests,
    folders_of,
    increment_models,
    load_seeds,
)
from test_increments import Comparison, compare

from callmart.connectors import OWN, known_connectors
from callmart.connectors.check import problems_of, registration_of
from callmart.landing import RunFacts, land, note_future_rows

HERE = Path(__file__).parent
CONNECTORS = known_connectors()
NOW = datetime(2024, 7, 1, tzinfo=UTC)
SITES = ("north", "south")
SHARED_IDS = {"hubspot": ["agent_id"]}

Build = Callable[..., subprocess.CompletedProcess[str]]
Sides = tuple[float | None, float | None]
Cell = tuple[str, str, str, str, str]


def entry_of(connector: str) -> dict[str, Any]:
    """What the setting says of a connector in these tests."""
    path = HERE / connector / "entry.json"
    return {"connector": connector, **(json.loads(path.read_text()) if path.is_file() else {})}


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Compiled]:
    """The project with every connector on: once each, and as two sites each."""
    once = [entry_of(connector) for connector in CONNECTORS]
    sites = [
        {
            **entry,
            "instance": f"{entry['connector']}_{site}",
            "shared_ids": SHARED_IDS.get(entry["connector"], []),
        }
        for entry in once
        for site in SITES
    ]
    return compile_project(
        tmp_path_factory.mktemp("connectors"), [{"connectors": once}, {"connectors": sites}]
    )


def raw_of(connector: str, folder: Path) -> Path:
    """A copy of the fixture's raw folder, whose files are of one age wherever the project lies."""
    shutil.copytree(HERE / connector / "raw", folder, dirs_exist_ok=True)
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


class Alone(dict[str, duckdb.DuckDBPyConnection]):
    """What each connector's fixture gives without any other: a database with every model, built when asked for."""

    def __init__(self, project: Compiled, folder: Path) -> None:
        self.project = project
        self.folder = folder
        self.building: list[Iterator[duckdb.DuckDBPyConnection]] = []

    def __missing__(self, connector: str) -> duckdb.DuckDBPyConnection:
        self.building.append(built(raw_of(connector, self.folder / connector), NOW, self.project, None))
        self[connector] = next(self.building[-1])
        return self[connector]


@pytest.fixture(scope="session")
def alone(projects: list[Compiled], tmp_path_factory: pytest.TempPathFactory) -> Alone:
    return Alone(projects[0], tmp_path_factory.mktemp("alone"))


def sides_of(connection: duckdb.DuckDBPyConnection) -> dict[Cell, Sides]:
    rows = connection.execute(
        "select kpi_id, grain, cast(period_start as varchar), scope_type, scope_id, numerator, denominator"
        " from marts.kpi_values"
    ).fetchall()
    return {
        (kpi_id, grain, period_start, scope_type, scope_id): (number(numerator), number(denominator))
        for kpi_id, grain, period_start, scope_type, scope_id, numerator, denominator in rows
    }


def number(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))


def expected(connector: str) -> Iterator[tuple[Cell, Sides, float]]:
    with (HERE / connector / "expected.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            cell = (row["kpi_id"], row["grain"], row["period_start"], row["scope_type"], row["scope_id"])
            yield cell, (number(row["numerator"]), number(row["denominator"])), float(row["value"])


@pytest.mark.parametrize("connector", CONNECTORS)
def test_the_fixture_gives_the_values_worked_out_by_hand(connector: str, alone: Alone) -> None:
    assert failing_tests(alone[connector], alone.project, None) == []
    for cell, sides, value in expected(connector):
        found = (
            alone[connector]
            .execute(
                "select numerator, denominator, value from marts.kpi_values where kpi_id = ? and grain = ?"
                " and period_start = ? and scope_type = ? and scope_id = ?",
                cell,
            )
            .fetchall()
        )
        assert [tuple(map(number, row[:2])) for row in found] == [sides], cell
        assert found[0][2] == pytest.approx(value, rel=1e-9), cell


@pytest.mark.parametrize("connector", CONNECTORS)
def test_every_row_of_an_export_is_used_or_left_out(connector: str, alone: Alone) -> None:
    rows = (
        alone[connector]
        .execute(
            "select raw_table, landed_rows, staged_rows, rejected_rows, superseded_rows"
            f" from marts.landing_summary where starts_with(raw_table, '{connector}__')"
        )
        .fetchall()
    )
    landed = (
        alone[connector]
        .execute(f"select sum(landed_rows) from raw.files where starts_with(raw_table, '{connector}__')")
        .fetchone()
    )
    assert landed is not None
    assert sum(row[1] for row in rows) == landed[0] > 0
    assert [row for row in rows if row[1] != sum(row[2:])] == []
    lost = alone.project.tests["vendors_rows_are_used_or_left_out"]
    assert alone[connector].execute(lost).fetchall() == []
    of_others = "select count(*) from staging.stg_calls where source_system not in ('default', ?)"
    assert alone[connector].execute(of_others, [connector]).fetchone() == (0,)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_model_gives_the_columns_it_describes(connector: str, alone: Alone) -> None:
    document = yaml.safe_load((OWN.models / connector / f"_{connector}__models.yml").read_text())
    described = {
        model["name"]: {column["name"] for column in model.get("columns", ())} for model in document["models"]
    }
    registered = registration_of(connector)
    assert registered is not None
    for table in registered[1]:
        name = f"{connector}__{table}"
        given = {column for (column, *_) in alone[connector].execute(f"describe staging.{name}").fetchall()}
        assert given == {*described[name], "_file", "_row"}


def test_two_sites_of_every_vendor_count_twice_together(
    projects: list[Compiled], alone: Alone, tmp_path: Path
) -> None:
    for connector in CONNECTORS:
        for site in SITES:
            fixture = raw_of(connector, tmp_path / "one" / connector) / connector
            shutil.copytree(fixture, tmp_path / "raw" / f"{connector}@{connector}_{site}")
    of_each = [sides_of(alone[connector]) for connector in CONNECTORS]
    wanted = {
        cell for connector in CONNECTORS for cell, *_ in expected(connector) if cell[3:] == ("all", "all")
    }
    for connection in built(tmp_path / "raw", NOW, projects[1], None):
        assert failing_tests(connection, projects[1], None) == []
        additive = {
            kpi_id
            for (kpi_id,) in connection.execute(
                "select kpi_id from settings.kpi_catalogue where kind in ('count', 'ratio', 'distinct')"
            ).fetchall()
        }
        together = sides_of(connection)
        for cell in sorted(cell for cell in wanted if cell[0] in additive):
            each = [values[cell] for values in of_each if cell in values]
            for side in (0, 1):
                known = [number for sides in each if (number := sides[side]) is not None]
                assert together[cell][side] == (2 * sum(known) if known else None), cell
        # Owners are the same people on both sites, leads are not.
        ids = "select count(distinct owner_agent_id), count(distinct lead_id) from staging.stg_leads"
        [(owners, leads)] = alone["hubspot"].execute(ids).fetchall()
        of_sites = f"{ids} where starts_with(source_system, 'hubspot@')"
        assert connection.execute(of_sites).fetchall() == [(owners, 2 * leads)]
        assert owners > 0


def run_by_run(
    steps: list[list[tuple[Path, Path]]], raw: Path, project: Compiled, *, compares_each: bool
) -> None:
    """Copy the files of each step to their places below the raw folder, build what they touch, and compare."""
    total = Comparison()
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        load_seeds(connection, project)
        for run, step in enumerate(steps, start=1):
            for source, place in step:
                (raw / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, raw / place)
            facts = RunFacts(NOW, "pepper", False, is_full_refresh=run == 1)
            land(connection, raw, facts, {}, connectors=folders_of(project))
            (build_models if run == 1 else increment_models)(connection, project, None)
            note_future_rows(connection, "staging.rejected_records")
            connection.execute("update raw.run set completed_at = run_started_at")
            if compares_each or run == len(steps):
                for refreshed in built(raw, NOW, project, None):
                    compare(connection, refreshed, project, total)
    assert total.differences == []
    assert total.cells > 0


def test_files_of_all_vendors_that_come_one_by_one_give_what_a_full_refresh_gives(
    projects: list[Compiled], tmp_path: Path
) -> None:
    # The last file first: what was exported later may be read before.
    waiting = {}
    for connector in CONNECTORS:
        fixture = raw_of(connector, tmp_path / "one" / connector) / connector
        files = sorted(path.relative_to(fixture) for path in fixture.rglob("*") if path.is_file())
        waiting[fixture, f"{connector}@{connector}_{SITES[0]}"] = files
    steps = [
        [
            (fixture / files[-1 - run], Path(folder, files[-1 - run]))
            for (fixture, folder), files in waiting.items()
            if run < len(files)
        ]
        for run in range(max(map(len, waiting.values())))
    ]
    run_by_run(steps, tmp_path / "raw", projects[1], compares_each=False)


@pytest.mark.slow
@pytest.mark.parametrize("connector", CONNECTORS)
def test_after_each_file_an_increment_gives_what_a_full_refresh_gives(
    connector: str, alone: Alone, tmp_path: Path
) -> None:
    fixture = raw_of(connector, tmp_path / "all")
    files = sorted(path.relative_to(fixture) for path in fixture.rglob("*") if path.is_file())
    steps = [[(fixture / file, file)] for file in reversed(files)]
    run_by_run(steps, tmp_path / "raw", alone.project, compares_each=True)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_what_a_fixture_gives_is_called_computable_and_all_else_has_a_reason(
    connector: str, alone: Alone
) -> None:
    coverage = "select kpi_id, is_computable, reason from marts.call_source_coverage where source_id = ?"
    rows = alone[connector].execute(coverage, [connector]).fetchall()
    catalogue = alone[connector].execute("select count(*) from settings.kpi_catalogue").fetchone()
    assert catalogue == (len(rows),)
    computable = {kpi_id for kpi_id, is_computable, _ in rows if is_computable}
    assert {cell[0] for cell, *_ in expected(connector)} <= computable
    assert all(reason for _, is_computable, reason in rows if not is_computable)


# The command


@pytest.mark.parametrize(
    "connector",
    [CONNECTORS[0], *(pytest.param(connector, marks=pytest.mark.slow) for connector in CONNECTORS[1:])],
)
def test_the_command_builds_a_connector_that_is_on_alone(
    connector: str, build: Build, tmp_path: Path
) -> None:
    done = build(
        raw_of(connector, tmp_path / "raw"),
        tmp_path / "warehouse",
        "--vars",
        json.dumps({"connectors": [entry_of(connector)]}),
        env={"CALLMART_SALT": "pepper"},
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be" not in done.stderr  # what goes wrong after the release is out is said, and no failure


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_connector_lacks_nothing(connector: str) -> None:
    assert problems_of(connector) == []


def test_a_customer_of_twilio_named_in_one_queue_is_the_customer_in_the_next(alone: Alone) -> None:
    names = alone["twilio"].execute(
        "select outcome, customer_id from marts.fct_calls where interaction_id like '%CA%02' order by started_at"
    )
    (_, first), (_, second) = names.fetchall()
    assert first is not None
    assert second == first


# Real exports, which are not the project's to publish


@pytest.fixture
def exports(shared: Path) -> Path:
    folder = shared / "real" / "exports"
    if not folder.is_dir():
        pytest.skip("the real exports are not beside the project")
    return folder


def built_from(
    export: Path, place: Path, root: Path, project: Compiled
) -> Iterator[duckdb.DuckDBPyConnection]:
    place.parent.mkdir(parents=True)
    shutil.copy(export, place)
    return built(root, NOW, project, None)


def test_the_real_records_of_amazon_connect_count_each_contact_once(
    exports: Path, projects: list[Compiled], tmp_path: Path
) -> None:
    export, place = (
        exports / "amazon_connect_contact_records.jsonl",
        tmp_path / "amazon_connect/contact_records/a.jsonl",
    )
    for connection in built_from(export, place, tmp_path, projects[0]):
        sides = sides_of(connection)
        year = ("year", "2022-01-01", "all", "all")
        assert sides["inbound_calls", *year] == (2, None)
        assert sides["average_speed_of_answer", *year] == (353, 2)  # 176.5 s
        assert sides["average_handle_time", *year] == (530, 2)  # 265.0 s
        assert sides["service_level", *year] == (1, 2)  # 50 %


def test_the_real_records_of_asterisk_are_calls_by_their_id(
    exports: Path, projects: list[Compiled], tmp_path: Path
) -> None:
    export, place = exports / "asterisk_cdr.csv", tmp_path / "asterisk/cdr/Master.csv"
    for connection in built_from(export, place, tmp_path, projects[0]):
        assert connection.execute(
            "select landed_rows, staged_rows from marts.landing_summary where raw_table = 'asterisk__cdr'"
        ).fetchone() == (218, 218)
        assert connection.execute(
            "select count(*), count(*) filter (where is_handled) from marts.fct_calls"
        ).fetchone() == (174, 133)
