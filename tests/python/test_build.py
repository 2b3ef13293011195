"""The command as a user runs it: whole cases, planted data, bad input, failures, kills, two at once."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_content import content

from callmart.contract import read_contract
from callmart.paths import PROJECT
from callmart.runs import read_runs
from callmart.sample import write_sample

Build = Callable[..., subprocess.CompletedProcess[str]]
Environment = Callable[[Path, Path, Path], dict[str, str]]

PUBLISHED, FAILED, REFUSED, FILES_SKIPPED, LOCKED = 0, 1, 2, 3, 75
JERUSALEM = "{source_timezone: Asia/Jerusalem, reporting_timezone: Asia/Jerusalem}"
CASES = {
    "golden/first_contact_resolution": "{as_of: 2024-06-30}",
    "real/anonymous_bank_january": JERUSALEM,
}
OPTIONAL_TABLES = [name for name, table in read_contract().tables.items() if not table.required]
CALL: Mapping[str, object] = {
    "call_id": "c1",
    "direction": "inbound",
    "outcome": "answered",
    "queue_id": "q1",
    "started_at": "2024-06-03T08:00:00Z",
    "queued_at": "2024-06-03T08:00:00Z",
    "answered_at": "2024-06-03T08:00:10Z",
    "ended_at": "2024-06-03T08:02:10Z",
}


def query(database: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def current(warehouse: Path) -> Path:
    """The database that readers open."""
    return warehouse / "current" / "callmart.duckdb"


def release(warehouse: Path) -> str:
    return (warehouse / "current").readlink().name


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def call(call_id: str, **columns: object) -> dict[str, object]:
    return {**CALL, "call_id": call_id, **columns}


def copy_of(warehouse: Path, to: Path) -> Path:
    """A warehouse with the same releases, and nothing of the build's own."""
    shutil.copytree(warehouse, to, symlinks=True, ignore=shutil.ignore_patterns("work", "runs.jsonl"))
    return to


def totals(database: Path) -> dict[str, float | None]:
    rows = query(
        database, "select kpi_id, value from marts.kpi_values where scope_type = 'all' and grain = 'total'"
    )
    return dict(rows)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What the command said last: one line that begins with its name and ends a sentence."""
    said = [line for line in done.stderr.splitlines() if line.startswith("build: ")]
    assert said, done.stderr
    assert "Traceback" not in done.stderr
    return said[-1]


# Whole cases


@pytest.mark.parametrize(("case", "variables"), CASES.items())
def test_a_whole_case_gives_the_values_worked_out_by_hand(
    case: str, variables: str, shared: Path, build: Build, tmp_path: Path
) -> None:
    done = build(shared / case / "raw", tmp_path, "--vars", variables, env={"CALLMART_SALT": "pepper"})
    assert done.returncode == PUBLISHED, done.stderr
    found = totals(current(tmp_path))
    with (shared / case / "expected.csv").open(newline="") as lines:
        expected = {row["kpi_id"]: float(row["value"]) for row in csv.DictReader(lines)}
    assert {kpi_id: found.get(kpi_id) for kpi_id in expected} == pytest.approx(expected, abs=1e-6)
    assert "outbound_calls_per_hour" not in found  # only calls are there
    missing = query(
        current(tmp_path), "select missing_tables from marts.data_availability where not is_available"
    )
    assert ("agent_states",) in missing


def test_every_format_is_read_and_columns_of_ones_own_are_carried_through(
    build: Build, tmp_path: Path
) -> None:
    folder = tmp_path / "raw" / "calls"
    rows = [call(f"c{number}", crm_case=f"case {number}", is_resolved="") for number in range(8)]
    write_csv(folder / "a.csv", rows[:2])
    write_csv(folder / "b.csv", rows[2:4])
    (folder / "deep").mkdir()
    (folder / "deep" / "b.csv.gz").write_bytes(gzip.compress((folder / "b.csv").read_bytes()))
    (folder / "b.csv").unlink()
    (folder / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[4:6]))
    (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[6:]))
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from read_json('{folder / 'd.jsonl'}')) to '{folder / 'd.parquet'}' (format parquet)"
        )
    (folder / "d.jsonl").unlink()
    done = build(tmp_path / "raw", tmp_path / "w", "--vars", "{pass_through_columns: {calls: [crm_case]}}")
    assert done.returncode == PUBLISHED, done.stderr
    carried = query(
        current(tmp_path / "w"), "select call_id, crm_case, is_resolved from marts.fct_calls order by 1"
    )
    assert carried == [(f"c{number}", f"case {number}", None) for number in range(8)]
    assert totals(current(tmp_path / "w"))["service_level"] == 100


# The sample


@pytest.fixture(scope="session")
def truth(sample: Path) -> dict[str, Any]:
    """What the sample says was planted in it."""
    told: dict[str, Any] = json.loads((sample / "raw" / "_sample.json").read_text())["truth"]
    return told


def counted(sample: Path, column: str) -> dict[str, int]:
    """A column of the landing summary, where it is not 0."""
    rows = query(
        current(sample / "warehouse"),
        f"select raw_table, {column} from marts.landing_summary where {column} > 0",
    )
    return dict(rows)


@pytest.mark.parametrize("fate", ["landed", "rejected", "superseded", "staged"])
def test_the_rows_of_every_table_meet_the_fate_they_were_planted_for(
    fate: str, sample: Path, truth: dict[str, Any]
) -> None:
    assert counted(sample, f"{fate}_rows") == truth[f"rows_{fate}"]


def test_what_landed_is_staged_rejected_or_superseded(sample: Path) -> None:
    rows = query(
        current(sample / "warehouse"),
        "select raw_table, landed_rows, staged_rows + rejected_rows + superseded_rows"
        " from marts.landing_summary",
    )
    assert {table for table, *_ in rows} == set(read_contract().tables)
    assert [(table, landed) for table, landed, _ in rows] == [(table, known) for table, _, known in rows]


def test_every_rejected_row_is_rejected_for_the_reasons_it_was_planted_for(
    sample: Path, truth: dict[str, Any]
) -> None:
    found: dict[str, dict[str, int]] = {}
    failed_casts: dict[str, int] = {}
    for table, reason, rows in query(current(sample / "warehouse"), "from marts.rejection_summary"):
        if reason.startswith("optional column not castable"):
            failed_casts[table] = failed_casts.get(table, 0) + rows
        else:
            found.setdefault(table, {})[reason] = rows
    assert found == truth["rejected_by_reason"]
    assert failed_casts == truth["optional_cast_failures"]
    unparseable = {
        table: reasons["unparseable line"]
        for table, reasons in found.items()
        if "unparseable line" in reasons
    }
    assert unparseable == truth["unparseable_lines"]


@pytest.mark.parametrize(
    ("planted", "condition"),
    [
        ("test_calls", "is_test"),
        ("internal_legs", "direction = 'internal'"),
        ("unknown_disposition_calls", "disposition_code is not null and not has_known_disposition"),
        ("answered_legs_without_wrap", "outcome = 'answered' and wrap_seconds is null"),
        (
            "calls_over_midnight",
            "cast(started_at at time zone 'UTC' at time zone 'Europe/Paris' as date)"
            " < cast(ended_at at time zone 'UTC' at time zone 'Europe/Paris' as date)",
        ),
    ],
)
def test_the_facts_hold_the_calls_that_were_planted(
    planted: str, condition: str, sample: Path, truth: dict[str, Any]
) -> None:
    database = current(sample / "warehouse")
    assert query(database, f"select count(*) from marts.fct_calls where {condition}") == [(truth[planted],)]


def test_tests_and_internal_legs_are_in_the_facts_and_count_nowhere(sample: Path) -> None:
    flags = query(
        current(sample / "warehouse"),
        "select count(*),"
        " count(*) filter (where is_counted or is_inbound or is_outbound or is_offered or is_handled)"
        " from marts.fct_calls where is_test or direction = 'internal'",
    )
    assert flags[0][0] > 0
    assert flags[0][1] == 0


def test_the_calls_around_both_clock_changes_are_where_they_were_planted(
    sample: Path, truth: dict[str, Any]
) -> None:
    for night, counts in truth["clock_change_calls"].items():
        found = query(
            current(sample / "warehouse"),
            "select count(*) from marts.fct_calls"
            " where abs(epoch(started_at) - epoch(cast(? as timestamp) + interval 1 hour)) <= 7200"
            " and started_at < cast(? as timestamp) + interval 3 hours",
            night,
            night,
        )
        assert found == [(counts["started_within_two_hours"],)]


def test_no_telephone_number_of_the_sample_is_in_the_release(sample: Path) -> None:
    work, database = sample / "warehouse" / "work" / "callmart.duckdb", current(sample / "warehouse")
    numbers = query(work, "select distinct from_number from raw.calls where from_number like '+%' limit 200")
    assert numbers
    published = database.read_bytes()
    assert not [number for (number,) in numbers if number.encode() in published]


# A second build of the same data, and what goes on beside it


@dataclass(frozen=True)
class Beside:
    """What happened while a build ran.

    Attributes:
        warehouse: where it ran, with a release of the sample there before.
        earlier: that release.
        code: the exit code of the build.
        other: a second build started in the same warehouse meanwhile.
        reads: the KPI rows each reader found.
    """

    warehouse: Path
    earlier: str
    code: int
    other: subprocess.CompletedProcess[str]
    reads: list[int]


@pytest.fixture(scope="module")
def beside(
    sample: Path,
    build: Build,
    build_environment: Environment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Beside:
    warehouse = copy_of(sample / "warehouse", tmp_path_factory.mktemp("again") / "warehouse")
    earlier = release(warehouse)
    first = subprocess.Popen(
        [sys.executable, "-m", "callmart.build"],
        env=build_environment(sample / "raw", warehouse, PROJECT),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    reads: list[int] = []
    try:
        wait_for(lambda: (warehouse / "work" / "callmart.duckdb").exists(), first)
        other = build(sample / "raw", warehouse)
        while first.poll() is None:
            reads.extend(query(current(warehouse), "select count(*) from marts.kpi_values")[0])
            time.sleep(0.2)
    finally:
        first.kill()
        first.wait()
    return Beside(warehouse, earlier, first.returncode, other, reads)


def wait_for(happened: Callable[[], bool], process: subprocess.Popen[Any], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, "the build ended before it got there"
        assert time.monotonic() < until, "the build did not get there"
        time.sleep(0.02)


def test_a_second_build_of_the_same_files_publishes_the_same_rows(sample: Path, beside: Beside) -> None:
    assert beside.code == PUBLISHED
    assert release(beside.warehouse) != beside.earlier
    first, second = content(current(sample / "warehouse")), content(current(beside.warehouse))
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_readers_open_the_release_all_the_time_a_build_runs(beside: Beside) -> None:
    assert len(beside.reads) > 3
    assert len(set(beside.reads)) == 1


def test_of_two_builds_at_once_one_is_told_that_the_other_runs(beside: Beside) -> None:
    assert beside.other.returncode == LOCKED
    assert "Another build (process" in sentence(beside.other)
    outcomes = [run["outcome"] for run in read_runs(beside.warehouse)[0]]
    assert outcomes == ["locked", "published"]


# What is refused before anything runs


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ("{reporting_timezone: Europe/Pariss}", "reporting_timezone"),
        ("{service_level_seconds: -1}", "service_level_seconds"),
        ("{as_of: someday}", "as_of"),
        ("{fcr_windw_days: 3}", "fcr_windw_days"),
        ("{as_of: [}", "--vars"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_in_one_sentence(
    variables: str, named: str, build: Build, tmp_path: Path
) -> None:
    done = build(tmp_path / "raw", tmp_path / "w", "--vars", variables)
    assert done.returncode == REFUSED
    assert len(done.stderr.strip().splitlines()) == 1
    assert named in sentence(done)
    assert not (tmp_path / "w").exists()
    assert not (tmp_path / "raw").exists()


def test_telephone_numbers_without_a_salt_are_refused(build: Build, tmp_path: Path) -> None:
    write_csv(tmp_path / "raw" / "calls" / "a.csv", [call("c1", from_number="+33 1 23 45 67 89")])
    done = build(tmp_path / "raw", tmp_path / "w")
    assert done.returncode == FAILED
    assert "CALLMART_SALT" in sentence(done)
    assert not (tmp_path / "w" / "current").exists()


def test_raw_data_without_calls_are_refused(build: Build, tmp_path: Path) -> None:
    write_csv(tmp_path / "raw" / "queues" / "a.csv", [{"queue_id": "q1"}])
    done = build(tmp_path / "raw", tmp_path / "w")
    assert done.returncode == FAILED
    assert "No rows in calls" in sentence(done)


# What fails


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, to break."""
    copy = tmp_path / "project"
    for folder in ("models", "seeds", "macros", "analyses", "scripts", "tests/generic"):
        if (PROJECT / folder).is_dir():
            shutil.copytree(PROJECT / folder, copy / folder)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, copy / name)
    return copy


def break_test(project: Path) -> str:
    (project / "tests" / "calls_are_few.sql").write_text("select * from {{ ref('fct_calls') }}\n")
    return "The test calls_are_few"


def break_model(project: Path) -> str:
    path = project / "models" / "marts" / "core" / "fct_contacts.sql"
    path.write_text(path.read_text() + "\nwhere cast(interaction_id || ' ' as integer) = 1\n")
    return "The model fct_contacts"


@pytest.mark.parametrize("damage", [break_test, pytest.param(break_model, marks=pytest.mark.slow)])
def test_a_failure_leaves_readers_with_the_release_before(
    damage: Callable[[Path], str], sample: Path, project: Path, build: Build, tmp_path: Path
) -> None:
    warehouse = copy_of(sample / "warehouse", tmp_path / "warehouse")
    earlier, before = release(warehouse), current(warehouse).read_bytes()
    write_csv(tmp_path / "raw" / "calls" / "a.csv", [dict(CALL)])
    named = damage(project)
    done = build(tmp_path / "raw", warehouse, project=project)
    assert done.returncode == FAILED
    assert named in sentence(done)
    assert f"readers still see {earlier}" in sentence(done)
    assert release(warehouse) == earlier
    assert current(warehouse).read_bytes() == before
    [run] = read_runs(warehouse)[0]
    assert (run["outcome"], run["exit_code"], run["release"]) == ("failed", FAILED, None)
    assert run["reason"].startswith(named)
    assert run["reason"].endswith(" failed")  # and not what the database said, which may quote data
    assert run["tests"]["failed"] == (1 if "test" in named else 0)


def plant_bad_files(folder: Path) -> set[str]:
    """Files of calls that cannot be read, or hold nothing; their names."""
    write_csv(folder / "whole.csv", [call(f"w{number}") for number in range(2000)])
    text = (folder / "whole.csv").read_bytes()
    (folder / "whole.csv").unlink()
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 'p' as call_id from range(9999)) to '{folder / 'half.parquet'}'")
    parquet = (folder / "half.parquet").read_bytes()
    bad = {
        "empty.csv": b"",
        "header.csv": text.splitlines(keepends=True)[0],
        "half.csv.gz": gzip.compress(text)[:-40],
        "half.parquet": parquet[: len(parquet) // 2],
        "notes.docx": b"PK",
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    return set(bad)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--strict"], FILES_SKIPPED), pytest.param([], PUBLISHED, marks=pytest.mark.slow)],
)
def test_files_that_cannot_be_read_are_named_and_the_rest_is_published(
    arguments: list[str], code: int, build: Build, tmp_path: Path
) -> None:
    folder = tmp_path / "raw" / "calls"
    write_csv(folder / "good.csv", [call("c1"), call("c2")])
    bad = plant_bad_files(folder)
    (tmp_path / "raw" / "cals").mkdir()
    done = build(tmp_path / "raw", tmp_path / "w", *arguments)
    assert done.returncode == code, done.stderr
    for name in bad:
        assert f"Skipped 'calls/{name}': " in done.stderr
    assert "Ignored the folder 'cals'" in done.stderr
    landed = query(
        current(tmp_path / "w"),
        "select loaded_files, skipped_files, landed_rows, staged_rows from marts.landing_summary"
        " where raw_table = 'calls'",
    )
    assert landed == [(1, len(bad), 2, 2)]


# What a run adds to what earlier runs built


NOTHING_NEW, A_FILE_MORE, OTHER_SETTINGS = "nothing new", "a file more", "other settings"


@dataclass(frozen=True)
class History:
    """Runs in one warehouse: what each said and left, and what is logged; and a full refresh of the same files.

    `data_tests` is how many the project has, as dbt lists them.
    """

    data_tests: int
    said: Mapping[str, str]
    releases: Mapping[str, str]
    logged: Sequence[Mapping[str, Any]]
    grown: Mapping[str, list[tuple[Any, ...]]]
    refreshed: Mapping[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def history(small_raw: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("history")
    raw, late = folder / "raw", folder / "late"
    shutil.copytree(small_raw, raw)
    kept_back = [
        sorted((raw / table).iterdir())[-1] for table in ("calls", "agent_states", "orders", "tickets")
    ]
    for path in kept_back:
        (late / path.parent.name).mkdir(parents=True, exist_ok=True)
        path.rename(late / path.parent.name / path.name)
    said, releases = {}, {}

    def run(name: str, *arguments: str) -> None:
        done = build(raw, folder / "warehouse", *arguments)
        assert done.returncode == PUBLISHED, done.stderr
        said[name] = done.stdout + done.stderr
        releases[name] = release(folder / "warehouse")

    run("first")
    run(NOTHING_NEW)
    shutil.copytree(late, raw, dirs_exist_ok=True)
    run(A_FILE_MORE)
    grown = content(current(folder / "warehouse"))
    done = build(raw, folder / "other")
    assert done.returncode == PUBLISHED, done.stderr
    run(OTHER_SETTINGS, "--vars", "{service_level_seconds: 30}")
    logged, _ = read_runs(folder / "warehouse")
    manifest = json.loads((folder / "warehouse" / "work" / "dbt" / "manifest.json").read_text())
    data_tests = sum(node["resource_type"] == "test" for node in manifest["nodes"].values())
    return History(data_tests, said, releases, logged, grown, content(current(folder / "other")))


def test_a_run_without_a_new_file_leaves_the_release_as_it_is(history: History) -> None:
    assert history.releases[NOTHING_NEW] == history.releases["first"]
    assert "No new file" in history.said[NOTHING_NEW]
    assert "Transforming" not in history.said[NOTHING_NEW]


def test_files_that_come_later_give_what_all_files_at_once_give(history: History) -> None:
    assert history.releases[A_FILE_MORE] != history.releases["first"]
    assert "Increment: files read: 4 new; built anew: calls" in history.said[A_FILE_MORE]
    assert list(history.grown) == list(history.refreshed)
    assert [name for name in history.grown if history.grown[name] != history.refreshed[name]] == []


def test_another_setting_builds_everything_anew(history: History) -> None:
    assert "Full refresh (settings, seeds or models changed)" in history.said[OTHER_SETTINGS]


def test_every_run_is_logged_with_what_it_read_built_tested_and_published(history: History) -> None:
    told = [(run["outcome"], run["built"], run["why"], run["release"]) for run in history.logged]
    increment = history.releases[A_FILE_MORE]
    assert told == [
        ("published", "full refresh", "the first run", history.releases["first"]),
        ("nothing new", "nothing", "no new file", None),
        ("published", "increment", "files to read", increment),
        ("published", "full refresh", "settings, seeds or models changed", history.releases[OTHER_SETTINGS]),
    ]
    assert [run["exit_code"] for run in history.logged] == [PUBLISHED] * 4
    assert history.logged[1]["files"] == {"new": 0, "replaced": 0, "judged again": 0, "skipped": 0, "gone": 0}
    assert history.logged[1]["rows"] == {"read": 0}
    assert history.logged[2]["files"]["new"] == 4
    for run in history.logged[::2]:
        rows, tests = run["rows"], run["tests"]
        assert rows["landed"] == rows["staged"] + rows["rejected"] + rows["superseded"]
        assert tests["passed"] + tests["warned"] == history.data_tests > 100
        assert (tests["failed"], tests["skipped"]) == (0, 0)
        assert {"Loading raw files", "Transforming and testing", "Publishing"} <= run["steps"].keys()
        assert sum(run["steps"].values()) <= run["seconds"] + 0.5
    assert history.logged[0]["rows"]["landed"] < history.logged[2]["rows"]["landed"]
    grown = history.logged[0]["rows"]["read"] + history.logged[2]["rows"]["read"]
    assert grown >= history.logged[3]["rows"]["read"] == history.logged[2]["rows"]["landed"]


# Tables that are not there


@pytest.fixture(scope="session")
def small_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of a month, which holds every table."""
    folder = tmp_path_factory.mktemp("small") / "raw"
    write_sample(folder, legs=1500, days=30)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("table", OPTIONAL_TABLES)
def test_without_an_optional_table_exactly_its_kpis_are_not_available(
    table: str, small_raw: Path, build: Build, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(small_raw, raw, ignore=shutil.ignore_patterns(table))
    done = build(raw, tmp_path / "w")
    assert done.returncode == PUBLISHED, done.stderr
    with (PROJECT / "seeds" / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as lines:
        needs = {row["kpi_id"]: row["raw_tables"].split() for row in csv.DictReader(lines)}
    expected = {(kpi_id, table) for kpi_id, tables in needs.items() if table in tables}
    database = current(tmp_path / "w")
    assert (
        set(
            query(
                database, "select kpi_id, missing_tables from marts.data_availability where not is_available"
            )
        )
        == expected
    )
    with_rows = {kpi_id for (kpi_id,) in query(database, "select distinct kpi_id from marts.kpi_values")}
    assert not with_rows & {kpi_id for kpi_id, _ in expected}
