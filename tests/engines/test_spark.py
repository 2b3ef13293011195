"""The same raw files give the same public tables on DuckDB and on a Spark cluster."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from compare import compare, report
from two_engines import PYTHON, SMALL_DATA, Engines, Spark, free_ports, run

from callmart.connectors import known_connectors
from callmart.paths import PROJECT
from callmart.sample import write_sample
from callmart.transform import target_type

GOLDEN = {
    "first_contact_resolution": "{as_of: 2024-06-30}",
    "handle_time": "{}",
    "inbound_queue": "{}",
    "leads": "{}",
    "surveys": "{}",
}

# Spellings that the engines' own casts read differently. Clock readings without an offset lie in Europe/Paris, where
# the clocks go back on 27 October 2024 at 3.
INSTANTS = [
    "2024-10-27T02:30:00",
    "2024-10-27 01:59:59.999999",
    "2024-10-27T03:00",
    "2024-10-27T00:30:00Z",
    "2024-10-26T24:00:00",
    "2024-10-26T24:00",
    "2024-10-26",
    "2024-10-26T10:20:30z",
    "2024-10-26 10:20:30.1234567",
    "2024-10-26T10:20:30+0530",
    "2024-10-26T10:20:30-03",
    "2024-10-26T10:20:30 +01:00",
    "2024-10-26T10:20:30 Europe/Paris",
    "2024-10-26T25:00:00",
    "2024-10-26T10:20:60",
    "2024-02-30T10:00:00",
    "24-10-26",
    "2024-3-31T02:30:00",
    "2024-03-31T02:30:00",
]
NUMBERS = ["12.5", "13.5", "0.5", "1e2", "1E-1", ".5", "5.", ".", "0x10", "1_000", "2147483648", "+3"]
NUMBERS += ["\u00a07\u2003", " 7 ", "7d", "0.00005", "0.00004999", "99999999999999.99994", "nan", "inf"]


def write_odd_calls(raw: Path) -> None:
    """A file of calls: each instant and number above, as long as the other columns are sound."""
    calls = []
    for position, instant in enumerate(INSTANTS):
        calls.append({"call_id": f"odd-instant-{position}", "started_at": instant})
    for position, number in enumerate(NUMBERS):
        sound = {
            "started_at": f"2024-10-20T08:{position:02}:00Z",
            "answered_at": f"2024-10-20T08:{position:02}:10Z",
        }
        numbers = {"wait_seconds": number, "talk_seconds": number, "cost_amount": number}
        calls.append({"call_id": f"odd-number-{position}", **sound, **numbers})
    columns = ["call_id", "direction", "outcome", "started_at", "answered_at", "wait_seconds", "talk_seconds"]
    with (raw / "calls" / "odd.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*columns, "cost_amount"])
        writer.writeheader()
        writer.writerows({"direction": "inbound", "outcome": "answered", **call} for call in calls)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    if not PYTHON.exists():
        pytest.skip("Spark is not installed: `scripts/spark status` does it")
    cluster = Spark(tmp_path_factory.mktemp("spark"), *free_ports(3))
    started = cluster.command("start", SMALL_DATA)
    assert started.returncode == 0, started.stderr
    yield cluster
    stopped = cluster.command("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert not cluster.processes


@pytest.fixture(scope="session")
def engines(spark: Spark) -> Engines:
    return Engines(spark)


@pytest.fixture
def own_spark(tmp_path: Path) -> Iterator[Spark]:
    """A cluster that is not started, for a test that treats it badly."""
    if not PYTHON.exists():
        pytest.skip("Spark is not installed: `scripts/spark status` does it")
    cluster = Spark(tmp_path / "spark", *free_ports(3))
    yield cluster
    for process in cluster.processes.values():
        try:
            os.killpg(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


def assert_equal(on_duckdb: Path, on_spark: Path) -> None:
    compared = compare(on_duckdb, on_spark)
    print(report(compared))
    assert not [part for part in compared if part.differences], report(compared)
    assert len(compared) > 50


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files that leave no public table without rows, and odd readings beside."""
    raw = tmp_path_factory.mktemp("small") / "raw"
    write_sample(raw, legs=1200, days=60, start=date(2024, 10, 1))
    write_odd_calls(raw)
    return raw


def test_every_public_table_is_the_same_on_both_engines(
    small: Path, tmp_path: Path, engines: Engines
) -> None:
    settings = "{source_timezone: Europe/Paris, as_of: 2024-11-24}"
    on_duckdb = engines.build("duckdb", small, tmp_path / "duckdb", settings)
    on_spark = engines.build("spark", small, tmp_path / "spark", settings)
    assert_equal(on_duckdb, on_spark)
    with duckdb.connect(str(on_spark), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
        empty = [
            name
            for (name,) in tables.fetchall()
            if not connection.execute(f"select 1 from marts.{name} limit 1").fetchall()
        ]
    assert not empty


def test_a_cluster_that_runs_is_not_started_twice(spark: Spark) -> None:
    before = spark.processes
    again = spark.command("start")
    assert again.returncode == 1
    assert "runs in" in again.stderr
    assert spark.processes == before
    assert spark.command("status").returncode == 0


def test_a_taken_port_is_named_and_nothing_is_left_running(spark: Spark, own_spark: Spark) -> None:
    other = Spark(own_spark.folder, spark.port, own_spark.master_port, own_spark.web_port)
    refused = other.command("start")
    assert refused.returncode == 1
    assert f"Port {spark.port}" in refused.stderr
    assert not other.processes


def test_a_start_that_is_killed_leaves_what_stop_finds(own_spark: Spark) -> None:
    arguments = ["--folder", str(own_spark.folder), "--port", str(own_spark.port)]
    arguments += ["--master-port", str(own_spark.master_port), "--web-port", str(own_spark.web_port)]
    start = subprocess.Popen(
        [str(PYTHON), "-m", "callmart.cluster", "start", *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while "worker-1" not in own_spark.processes and time.monotonic() < deadline:
        time.sleep(0.1)
    start.kill()
    start.wait()
    left = own_spark.processes
    assert {"master", "worker-1"} <= set(left)
    stopped = own_spark.command("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert not own_spark.processes
    assert not [name for name, process in left.items() if Path(f"/proc/{process}").exists()]


def test_a_build_says_in_a_sentence_that_spark_does_not_answer(small: Path, tmp_path: Path) -> None:
    done = run(
        [str(PYTHON), "-m", "callmart.build", "--target", "spark"],
        {
            "CALLMART_RAW": str(small),
            "CALLMART_WAREHOUSE": str(tmp_path / "warehouse"),
            "CALLMART_SALT": "of the tests",
            "CALLMART_SPARK_PORT": "1",
        },
    )
    assert done.returncode == 1
    assert "The target spark did not run a statement: " in done.stderr
    assert "Could not connect" in done.stderr
    assert "nothing has been published yet" in done.stderr


def test_a_target_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="duckdb or spark"):
        target_type("sprak")


@pytest.mark.slow
def test_the_default_sample_is_the_same_on_both_engines(tmp_path: Path, engines: Engines) -> None:
    raw = tmp_path / "raw"
    write_sample(raw)
    assert_equal(
        engines.build("duckdb", raw, tmp_path / "duckdb"), engines.build("spark", raw, tmp_path / "spark")
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", GOLDEN)
def test_a_whole_case_is_the_same_on_both_engines(case: str, tmp_path: Path, engines: Engines) -> None:
    folder = PROJECT.parent / "shared" / "golden" / case
    if not folder.is_dir():
        pytest.skip("the folder `shared` with the whole cases is not beside the project")
    on_duckdb = engines.build("duckdb", folder / "raw", tmp_path / "duckdb", GOLDEN[case])
    on_spark = engines.build("spark", folder / "raw", tmp_path / "spark", GOLDEN[case])
    assert_equal(on_duckdb, on_spark)
    with (folder / "expected.csv").open(newline="") as lines:
        expected = {row["kpi_id"]: float(row["value"]) for row in csv.DictReader(lines)}
    with duckdb.connect(str(on_spark), read_only=True) as connection:
        rows = connection.execute(
            "select kpi_id, value from marts.kpi_values where grain = 'total' and scope_type = 'all'"
        )
        found = {kpi_id: value for kpi_id, value in rows.fetchall() if kpi_id in expected}
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_exports_of_all_vendors_give_the_same_on_both_engines(tmp_path: Path, engines: Engines) -> None:
    entries = []
    for connector in known_connectors():
        fixture = PROJECT / "tests" / "connectors" / connector
        shutil.copytree(fixture / "raw", tmp_path / "raw", dirs_exist_ok=True)
        own = fixture / "entry.json"
        entries.append({"connector": connector, **(json.loads(own.read_text()) if own.exists() else {})})
    settings = json.dumps({"connectors": entries})
    on_duckdb = engines.build("duckdb", tmp_path / "raw", tmp_path / "duckdb", settings)
    assert_equal(on_duckdb, engines.build("spark", tmp_path / "raw", tmp_path / "spark", settings))


# Files of the sample that come after the first build.
LATE = [
    [
        "calls/calls_2024-02.csv.gz",
        "orders/corrections_orders.csv",
        "survey_responses/survey_responses_sent_again.csv",
    ],
    [
        "calls/corrections_calls.csv",
        "agent_states/agent_states_additional.csv",
        "tickets/corrections_tickets.csv",
    ],
]


def rewrite(path: Path) -> None:
    """The same file, later: without every tenth row, and with another queue in every seventh."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    place = header.index("queue_id")
    queues = sorted({row[place] for row in rows if row[place]})
    for number, row in enumerate(rows):
        if row[place] and number % 7 == 0:
            row[place] = queues[number % len(queues)]
    modified_at = path.stat().st_mtime + 60
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *(row for number, row in enumerate(rows) if number % 10)])
    os.utime(path, (modified_at, modified_at))


def kill_when_it_builds(model: str, command: list[str], variables: dict[str, str], log: Path) -> None:
    """Start a build and end it, without a warning, while it builds the model."""
    log.unlink(missing_ok=True)
    building = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts"), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while building.poll() is None and not (log.exists() and f"model {model} " in log.read_text()):
        time.sleep(0.1)
    assert building.poll() is None, "it ended before"
    building.kill()
    building.wait()


@pytest.mark.slow
def test_increments_on_spark_give_what_a_full_refresh_on_duckdb_gives(
    tmp_path: Path, engines: Engines
) -> None:
    raw, held_back = tmp_path / "raw", tmp_path / "held_back"
    write_sample(raw, legs=1200, days=40)
    for name in [name for names in LATE for name in names]:
        (held_back / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).rename(held_back / name)
    # A call that has not begun yet, but will have when the next build starts.
    begins_at = datetime.now(UTC) + timedelta(seconds=60)
    (raw / "calls" / "future.csv").write_text(
        f"call_id,direction,outcome,started_at\nsoon,inbound,abandoned,{begins_at.isoformat()}\n"
    )
    warehouse = tmp_path / "spark"
    assert "Full refresh (the first run)" in engines.told("spark", raw, warehouse, "{as_of: 2024-02-02}")
    with duckdb.connect(str(warehouse / "work" / "callmart.duckdb"), read_only=True) as connection:
        # The sample has rows of the next century, too.
        noted = connection.execute(
            "select file from raw.files where future_at < date '2100-01-01'"
        ).fetchall()
    assert noted == [("calls/future.csv",)]
    time.sleep(max(0.0, (begins_at - datetime.now(UTC)).total_seconds()))

    rewrite(raw / "calls" / "calls_2024-01.csv")
    for number, names in enumerate(LATE):
        for name in names:
            (held_back / name).rename(raw / name)
        settings = f"{{as_of: 2024-02-0{4 + 4 * number}}}"
        if number == 0:
            kill_when_it_builds(
                "marts.fct_calls",
                [str(PYTHON), "-m", "callmart.build", "--target", "spark", "--vars", settings],
                engines.variables(raw, warehouse),
                warehouse / "work" / "dbt-spark" / "dbt.log",
            )
        said = engines.told("spark", raw, warehouse, settings)
        assert "Increment: files read: " in said
        assert f"{len(names)} new" in said
        assert ("1 judged again" in said, "1 replaced" in said) == (number == 0, number == 0)
        refreshed = engines.build("duckdb", raw, tmp_path / f"duckdb-{number}", settings)
        assert_equal(refreshed, warehouse / "current" / "callmart.duckdb")


@pytest.mark.slow
def test_a_worker_that_dies_in_a_build_changes_no_number(
    small: Path, tmp_path: Path, engines: Engines, own_spark: Spark
) -> None:
    started = own_spark.command("start")
    assert started.returncode == 0, started.stderr
    bereaved = Engines(own_spark)
    on_duckdb = engines.build("duckdb", small, tmp_path / "duckdb")
    warehouse = tmp_path / "spark"
    log = warehouse / "work" / "dbt-spark" / "dbt.log"
    building = subprocess.Popen(
        [str(PYTHON), "-m", "callmart.build", "--target", "spark"],
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT / "scripts"),
            **bereaved.variables(small, warehouse),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while building.poll() is None and not (log.exists() and "marts.fct_calls" in log.read_text()):
        time.sleep(0.2)
    os.killpg(own_spark.processes["worker-1"], signal.SIGKILL)
    _, errors = building.communicate()
    assert building.returncode == 0, errors
    assert own_spark.command("status").returncode == 1
    assert_equal(on_duckdb, warehouse / "current" / "callmart.duckdb")
    assert own_spark.command("stop").returncode == 0
