"""Many readers through `current` while releases are built and switched: no error, and never a mix of two releases."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callmart.releases import release_facts, release_names, rollback
from callmart.reliability.figures import record
from callmart.sample import write_sample

Build = Callable[..., subprocess.CompletedProcess[str]]

# Half of the readers open the file for every look, as a command does; half keep it open for several, as a BI tool does.
# They take what builds leave of the machine: fifty that never rest would have all of two cores, and builds no end.
READ_UNTIL_TOLD = """
import json, os, random, sys, time
import duckdb
database, stop, keeps = sys.argv[1], sys.argv[2], sys.argv[3] == "keeps"
tables = json.loads(sys.argv[4])
pause = random.Random(os.getpid())
os.nice(19)
print("ready", flush=True)
while not os.path.exists(stop):
    with duckdb.connect(database, read_only=True, config={"threads": "1"}) as connection:
        for look in range(3 if keeps else 1):
            # One statement a table, with time between them: whoever mixes releases would do it here.
            counts = {}
            for table in tables:
                counts[table] = connection.execute(f"select count(*) from marts.{table}").fetchone()[0]
                time.sleep(pause.uniform(0, 0.02))
            [kpis] = connection.execute(
                "select sum(numerator)::varchar from marts.kpi_values where scope_type = 'all' and grain = 'total'"
                " and kpi_id = 'inbound_calls'"
            ).fetchone()
            print(json.dumps([counts, kpis]), flush=True)
    time.sleep(pause.uniform(0, 1))
"""
TABLES = ("fct_calls", "fct_contacts", "queue_daily", "kpi_values", "landing_summary", "dim_dates")


class Readers:
    """Processes that read through `current` until they are told to stop."""

    def __init__(self, warehouse: Path, scratch: Path, number: int) -> None:
        self._stop = scratch / "stop"
        self._said = [scratch / f"reader-{which}" for which in range(number)]
        self._processes = []
        for which, path in enumerate(self._said):
            with path.open("w") as said, path.with_suffix(".err").open("w") as errors:
                self._processes.append(
                    subprocess.Popen(
                        [
                            *(
                                sys.executable,
                                "-c",
                                READ_UNTIL_TOLD,
                                warehouse / "current" / "callmart.duckdb",
                            ),
                            *(self._stop, "keeps" if which % 2 else "reopens", json.dumps(TABLES)),
                        ],
                        stdout=said,
                        stderr=errors,
                        env=dict(os.environ),
                    )
                )

    def looks(self) -> Iterator[tuple[Mapping[str, int], str]]:
        """Stop the readers; every look that one of them had at the release.

        Fails when a reader ended by itself, said an error, or saw nothing.
        """
        self._stop.touch()
        for process, path in zip(self._processes, self._said, strict=True):
            code = process.wait(timeout=600)
            errors = path.with_suffix(".err").read_text()
            assert (code, errors) == (0, "")
            ready, *said = path.read_text().splitlines()
            assert ready == "ready"
            # On a busy machine DuckDB shows its progress between the looks.
            looks = [line for line in said if line.startswith("[")]
            assert looks, f"{path.name} saw nothing"
            yield from ((counts, total) for counts, total in map(json.loads, looks))

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@contextmanager
def readers(warehouse: Path, scratch: Path, number: int) -> Iterator[Readers]:
    scratch.mkdir()
    started = Readers(warehouse, scratch, number)
    try:
        yield started
    finally:
        started.kill()


@pytest.fixture(scope="module")
def small_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of two months, which holds every table."""
    folder = tmp_path_factory.mktemp("small") / "raw"
    write_sample(folder, legs=1200, days=60)
    return folder


def facts_of(warehouse: Path) -> dict[str, tuple[Mapping[str, int], str]]:
    """By release: what a reader of it must see."""
    found: dict[str, tuple[Mapping[str, int], str]] = {}
    for name in release_names(warehouse):
        rows: Any = release_facts(warehouse, name)["rows"]
        database = warehouse / "releases" / name / "callmart.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            total = connection.execute(
                "select sum(numerator)::varchar from marts.kpi_values where scope_type = 'all'"
                " and grain = 'total' and kpi_id = 'inbound_calls'"
            ).fetchone()
        assert total is not None
        found[name] = ({table: rows[table] for table in TABLES}, str(total[0]))
    return found


def add_calls(raw: Path, number: int) -> None:
    """A file of calls that no release before has seen."""
    rows = [
        f"extra-{number}-{each},inbound,answered,support,2024-02-0{1 + each % 9}T10:00:00Z,"
        f"2024-02-0{1 + each % 9}T10:00:00Z,2024-02-0{1 + each % 9}T10:00:09Z,2024-02-0{1 + each % 9}T10:03:00Z"
        for each in range(5 + number)
    ]
    header = "call_id,direction,outcome,queue_id,started_at,queued_at,answered_at,ended_at"
    (raw / "calls" / f"extra-{number}.csv").write_text("\n".join([header, *rows]) + "\n")


def assert_no_mix(looks: Sequence[tuple[Mapping[str, int], str]], expected: Mapping[str, Any]) -> set[str]:
    """Every look is a whole release; return the releases that were seen."""
    by_content = {json.dumps(content, sort_keys=True): name for name, content in expected.items()}
    assert len(by_content) == len(expected), "two releases look the same: a mix could not be told"
    seen = set()
    for counts, total in looks:
        key = json.dumps((counts, total), sort_keys=True)
        assert key in by_content, f"no release holds {counts} and {total}"
        seen.add(by_content[key])
    return seen


def run(build: Build, raw: Path, warehouse: Path, number: int, keep: int = 20) -> None:
    add_calls(raw, number)
    done = build(raw, warehouse, "--keep", str(keep))
    assert done.returncode == 0, done.stderr


def test_readers_see_whole_releases_while_one_is_built_and_others_are_switched(
    build: Build, small_raw: Path, tmp_path: Path
) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shutil.copytree(small_raw, raw)
    run(build, raw, warehouse, 0)
    with readers(warehouse, tmp_path / "readers", number=6) as started:
        run(build, raw, warehouse, 1)
        names = release_names(warehouse)
        for turn in range(40):
            rollback(warehouse, names[turn % 2])
        looks = list(started.looks())
    expected = facts_of(warehouse)
    assert len(expected) == 2
    assert names[0] in assert_no_mix(looks, expected)


@pytest.mark.slow
def test_fifty_readers_see_whole_releases_during_ten_builds_and_switches(
    build: Build, small_raw: Path, tmp_path: Path
) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    shutil.copytree(small_raw, raw)
    run(build, raw, warehouse, 0)
    expected = facts_of(warehouse)
    number_of_readers, builds, switches = 50, 0, 0
    with readers(warehouse, tmp_path / "readers", number=number_of_readers) as started:
        for number in range(1, 11):
            # Of old releases few stay: some go while they are read.
            run(build, raw, warehouse, number, keep=3)
            expected |= facts_of(warehouse)
            names = release_names(warehouse)
            rollback(warehouse, names[0])
            rollback(warehouse, names[-1])
            builds += 1
            switches += 3  # what was built is a switch, too
        looks = list(started.looks())
    assert len(expected) == 11
    seen = assert_no_mix(looks, expected)
    assert len(seen) > 5
    record(
        "readers",
        "Readers during builds",
        {
            "readers": number_of_readers,
            "builds": builds,
            "switches": switches,
            "looks": len(looks),
            "releases seen": len(seen),
            "errors": 0,
            "mixes": 0,
        },
    )


def test_a_mix_of_two_releases_would_be_told() -> None:
    one, two = ({"fct_calls": 1, "queue_daily": 1}, "5"), ({"fct_calls": 2, "queue_daily": 2}, "6")
    assert assert_no_mix([one, two, one], {"a": one, "b": two}) == {"a", "b"}
    with pytest.raises(AssertionError, match="no release holds"):
        assert_no_mix([({"fct_calls": 1, "queue_daily": 2}, "5")], {"a": one, "b": two})
    with pytest.raises(AssertionError, match="look the same"):
        assert_no_mix([], {"a": one, "b": one})
