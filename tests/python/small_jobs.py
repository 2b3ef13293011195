"""The scheduled job with two small tables in the place of the models: small enough to be killed hundreds of times.

Everything else is the build's own: its lock, its log, its loader, what it notes of a run, its releases. Jobs run in
processes forked off one that has imported it all, so that a job costs a fraction of a second.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import duckdb

from callmart import publish as publishing
from callmart import runs as logging
from callmart.increments import complete_run, why_full_refresh
from callmart.landing import RunFacts, land
from callmart.lock import BuildLockedError, build_lock
from callmart.publish import PublicTable, publish
from callmart.releases import ReleaseError, release_facts, release_names

PHASES = ("beginning", "landing", "building", "publishing", "completing", "ending")
CALLS = PublicTable(
    "marts", "small_calls", "One row per call.", [("call_id", "Key."), ("file", "Its file.")], ["call_id"]
)
FILES = PublicTable(
    "marts", "small_files", "One row per file.", [("file", "Key."), ("landed_rows", "Its rows.")], ["file"]
)
# What Python does to files, by the names of its audit events.
STEPS = frozenset(
    {
        "open",
        "os.rename",
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "os.symlink",
        "os.chmod",
        "os.listdir",
        "os.scandir",
    }
    | {"fcntl.flock", "shutil.rmtree", "os.truncate"}
)


def add_file(raw: Path, name: str, rows: int) -> None:
    """A new file of calls, put in place by one rename."""
    folder = raw / "calls"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"_{name}"
    lines = [f"{name}-{row},inbound" for row in range(rows)]
    partial.write_text("\n".join(["call_id,direction", *lines]) + "\n")
    partial.rename(folder / f"{name}.csv")


def job(raw: Path, warehouse: Path, at: Callable[[str], None], keep: int = 2) -> None:
    """One run, as the build goes about it; `at` hears of each phase that begins.

    Raises:
        BuildLockedError: another one is running.
        ReleaseError, duckdb.Error, OSError: it failed.
    """
    at("beginning")
    work_file = warehouse / "work" / "callmart.duckdb"
    with build_lock(warehouse):
        run = logging.Run()
        logging.begin(warehouse, run)
        at("landing")
        with duckdb.connect(work_file, config={"threads": 1}) as connection:
            refresh = why_full_refresh(connection, "small")
            facts = RunFacts(
                run.started_at, "pepper", False, is_full_refresh=refresh is not None, fingerprint="small"
            )
            land(connection, raw, facts, {})
            at("building")
            _build(connection, refresh is not None)
        at("publishing")
        release = publish(work_file, warehouse, [CALLS, FILES], {"as_of": "2024-06-30"}, keep)
        at("completing")
        complete_run(work_file, work_file)
        at("ending")
        run.release = release.name
        logging.end(warehouse, run, run.line(0, "published", None))


def _build(connection: duckdb.DuckDBPyConnection, is_full_refresh: bool) -> None:
    """A table built in part and one built whole, as the models are."""
    rows = "select call_id, _file as file from raw.calls"
    connection.execute("create schema if not exists marts")
    connection.execute("create schema if not exists staging")
    connection.execute(
        "create or replace table staging.rejected_records as"
        " select '' as raw_table, '' as file, true as is_rejected, '' as reasons, '' as record where false"
    )
    if is_full_refresh:
        connection.execute(f"create or replace table marts.small_calls as {rows}")
    else:
        connection.execute("begin")
        connection.execute(
            "delete from marts.small_calls where file in (select file from raw.files where is_read_now)"
        )
        connection.execute(f"insert into marts.small_calls {rows}")
        connection.execute("commit")
    connection.execute("create or replace table marts.small_files as select file, landed_rows from raw.files")


def fault_of(release: Path) -> str | None:
    """What is wrong with a release; None when its tables are as its facts say, and agree with each other."""
    facts = release_facts(release.parents[1], release.name)
    rows = facts["rows"]
    assert isinstance(rows, dict)
    with duckdb.connect(str(release / "callmart.duckdb"), read_only=True) as connection:
        for table, number in rows.items():
            counted = connection.execute(f"select count(*) from marts.{table}").fetchone()
            if counted != (number,):
                return f"{table} has {counted} rows, not {number}"
        if (
            "small_calls" in rows
            and connection.execute(
                "select 1 from marts.small_files full join (select file, count(*) as landed_rows from marts.small_calls"
                " group by file) as calls using (file, landed_rows)"
                " where calls.file is null or small_files.file is null"
            ).fetchone()
        ):
            return "its two tables are of different runs"
    return None


def rows_published(warehouse: Path) -> int:
    """The rows that readers see."""
    with duckdb.connect(str(warehouse / "current" / "callmart.duckdb"), read_only=True) as connection:
        counted = connection.execute("select count(*) from marts.small_calls").fetchone()
    assert counted is not None
    return int(counted[0])


def rows_written(raw: Path) -> int:
    """The rows in the raw folder."""
    return sum(len(path.read_text().splitlines()) - 1 for path in (raw / "calls").glob("*.csv"))


def assert_whole(warehouse: Path) -> None:
    """`current` opens and is a whole release, and so is every other; the log has whole lines."""
    names = release_names(warehouse)
    assert (warehouse / "current").readlink().name in names
    assert {name: fault_of(warehouse / "releases" / name) for name in names} == dict.fromkeys(names)
    assert logging.read_runs(warehouse)[1] == 0


# Processes that run jobs


class Jobs:
    """A process that has imported everything, and forks a process for each order."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from small_jobs import take_orders; take_orders()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def start(self, raw: Path, warehouse: Path, **order: Any) -> int:
        """Run one job, then, if `rounds` says so, more, each with a new file; return the process's id.

        `dies_at` is the number of the step at which the second job ends itself by SIGKILL; `clock` what its clock is
        ahead, in seconds.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"raw": str(raw), "warehouse": str(warehouse), **order}) + "\n")
        self._process.stdin.flush()
        return int(self.said()["process"])

    def said(self) -> dict[str, Any]:
        """The next thing that the process, or at last its parent, says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that forks jobs ended"
        found: dict[str, Any] = json.loads(line)
        return found

    def ended(self) -> dict[str, Any]:
        """Wait for the end; what was said last, with `code` and the `phase` it was in."""
        last: dict[str, Any] = {}
        while "code" not in (said := self.said()):
            last.update(said)
        return {**last, **said}

    def run(self, raw: Path, warehouse: Path, **order: Any) -> dict[str, Any]:
        """Run jobs to their end."""
        self.start(raw, warehouse, **order)
        return self.ended()


def take_orders() -> None:
    """Fork a process for every line of the input, wait for it, and say how it ended."""
    for line in sys.stdin:
        phase, said = os.pipe()
        process = os.fork()
        if not process:
            os.close(phase)
            _obey(json.loads(line), said)
        os.close(said)
        _, status = os.waitpid(process, 0)
        with os.fdopen(phase, "rb") as phases:
            seen = phases.read()
        _say(code=os.waitstatus_to_exitcode(status), phase=PHASES[seen[-1]] if seen else None)


def _obey(order: dict[str, Any], phases: int) -> None:
    raw, warehouse = Path(order["raw"]), Path(order["warehouse"])
    steps = 0

    def count(event: str, _arguments: object) -> None:
        nonlocal steps
        if event in STEPS:
            steps += 1
            if steps == order.get("dies_at"):
                os.kill(os.getpid(), signal.SIGKILL)

    def at(phase: str) -> None:
        os.write(phases, bytes([PHASES.index(phase)]))

    _set_clock(order.get("clock", 0))
    _say(process=os.getpid())
    locked = 0
    try:
        for number in range(order.get("rounds", 1)):
            if number == 1:
                _say(is_ready=True)
                sys.addaudithook(count)
            if number or order.get("adds"):
                add_file(raw, f"{os.getpid()}-{number}", 1 + number % 7)
            locked += _in_turn(lambda: job(raw, warehouse, at))
        _say(steps=steps, locked=locked)
    except (ReleaseError, duckdb.Error, OSError) as error:
        _say(failed=type(error).__name__, sentence=str(error))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _in_turn(run: Callable[[], None]) -> int:
    """Run it as soon as no other one does; return how often it was told to wait."""
    told = 0
    while True:
        try:
            run()
        except BuildLockedError:
            told += 1
            time.sleep(0.01)
        else:
            return told


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def _set_clock(ahead: float) -> None:
    """Let the job's clock be so many seconds ahead."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp((datetime.now(UTC) + timedelta(seconds=ahead)).timestamp(), tz)

    for module in (publishing, logging):
        vars(module)["datetime"] = Clock
