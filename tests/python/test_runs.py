"""The log of runs: whole lines only, whatever ends a process, and no more of them than are kept."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callmart import runs as log
from callmart.build import main as build_main
from callmart.readers.runs import main as runs_main
from callmart.runs import LOG, MARKER, Run, append, begin, end, read_runs, without_paths

Build = Callable[..., subprocess.CompletedProcess[str]]
APPEND_IN_A_LOOP = """
import itertools, sys
from pathlib import Path
from callmart.runs import append
for number in itertools.count():
    append(Path(sys.argv[1]), {"run": f"{sys.argv[2]}-{number}", "padding": "x" * 5000})
    if not number:
        print("ready", flush=True)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path


def runs(warehouse: Path) -> list[dict[str, Any]]:
    found, unreadable = read_runs(warehouse)
    assert unreadable == 0
    return found


def start(warehouse: Path, name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", APPEND_IN_A_LOOP, warehouse, name],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_run_is_one_line_and_its_note_goes_with_it(warehouse: Path) -> None:
    run = Run(started_at=datetime(2024, 6, 3, 5, 15, tzinfo=UTC), target="duckdb")
    assert begin(warehouse, run) is None
    assert json.loads((warehouse / "work" / MARKER).read_text())["run"] == run.name
    run.steps = {"Loading raw files": 1.234, "No raw data in /srv/raw: making sample data": 2.0}
    end(warehouse, run, run.line(0, "published", None))
    [line] = runs(warehouse)
    assert line["started_at"] == "2024-06-03T05:15:00.000+00:00"
    assert line["steps"] == {"Loading raw files": 1.2, "No raw data in <path>: making sample data": 2.0}
    assert not (warehouse / "work" / MARKER).exists()
    assert stat.S_IMODE((warehouse / LOG).stat().st_mode) == 0o640
    assert [path.name for path in warehouse.glob(".*")] == []


def test_the_run_after_one_that_was_killed_says_so_once(warehouse: Path) -> None:
    killed, second, third = Run(), Run(), Run()
    begin(warehouse, killed)
    assert begin(warehouse, second) == killed.name
    end(warehouse, second, second.line(1, "failed", "x"))
    assert begin(warehouse, third) is None
    end(warehouse, third, third.line(0, "published", None))
    assert [(line["run"], line["outcome"], line["exit_code"]) for line in runs(warehouse)] == [
        (killed.name, "did not end", None),
        (second.name, "failed", 1),
        (third.name, "published", 0),
    ]


def test_a_run_that_was_killed_after_its_line_is_not_told_again(warehouse: Path) -> None:
    run = Run()
    begin(warehouse, run)
    append(warehouse, run.line(0, "published", None))
    assert begin(warehouse, Run()) is None
    assert len(runs(warehouse)) == 1


@pytest.mark.parametrize("left", ["", "{", "[]", '{"run": "x"', "null", "\udcff"])
def test_a_note_that_cannot_be_read_is_a_run_that_did_not_end(left: str, warehouse: Path) -> None:
    (warehouse / "work" / MARKER).write_bytes(left.encode(errors="surrogateescape"))
    assert begin(warehouse, Run()) == "unknown"
    assert [line["outcome"] for line in runs(warehouse)] == ["did not end"]


def test_a_kill_at_any_moment_leaves_whole_lines(warehouse: Path) -> None:
    moments = random.Random(7)
    for number in range(6):
        process = start(warehouse, f"p{number}")
        time.sleep(moments.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    append(warehouse, {"run": "last"})
    found = runs(warehouse)
    assert found[-1] == {"run": "last"}
    assert {line["run"].partition("-")[0] for line in found} >= {"p0", "p5"}


def test_of_runs_that_write_at_once_no_line_is_lost(warehouse: Path) -> None:
    code = APPEND_IN_A_LOOP.replace("itertools.count()", "range(60)")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, warehouse, name],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for name in ("a", "b")
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert {line["run"] for line in runs(warehouse)} == {f"{name}-{i}" for name in "ab" for i in range(60)}


def test_only_the_newest_runs_are_kept(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "KEPT_RUNS", 3)
    for number in range(5):
        append(warehouse, {"run": number})
    assert [line["run"] for line in runs(warehouse)] == [2, 3, 4]


def test_a_log_that_cannot_be_written_stays_as_it_was(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(warehouse, {"run": 1})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        append(warehouse, {"run": 2})
    assert [line["run"] for line in runs(warehouse)] == [1]
    assert [path.name for path in warehouse.glob(".*")] == []


def test_a_torn_line_of_others_is_counted_and_the_rest_is_read(warehouse: Path) -> None:
    (warehouse / LOG).write_bytes(b'{"run": 1}\n{"ru\n\xff\n[1]\n{"run": 2}')
    append(warehouse, {"run": 3})
    found, unreadable = read_runs(warehouse)
    assert [line["run"] for line in found] == [1, 2, 3]
    assert unreadable == 3


def test_paths_are_told_by_the_folder_they_are_in() -> None:
    told = without_paths(
        "No rows: put files into /data/in/calls; see /etc/x.yml, 'C and/or D', a/b",
        raw=Path("/data/in"),
        warehouse=Path("/data/wh"),
    )
    assert told == "No rows: put files into <raw>/calls; see <path>, 'C and/or D', a/b"


# The command that shows them


def shown(warehouse: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(warehouse))
    return runs_main(list(arguments))


def test_the_command_shows_what_runs_did(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(datetime(2024, 6, 3, 5, 15, tzinfo=UTC), built="increment", why="files to read", release="r1")
    run.files = {"new": 2, "replaced": 1, "judged again": 0, "skipped": 4, "gone": 0}
    run.rows, run.tests = {"read": 70, "rejected": 5}, {"passed": 9, "warned": 1, "failed": 0, "skipped": 0}
    append(warehouse, {**run.line(0, "published", None), "seconds": 61.5})
    append(warehouse, {"run": "k", "outcome": "did not end", "reason": "killed \x1b[2J", "exit_code": None})
    append(warehouse, {"started_at": 7, "files": "odd", "rows": [1], "tests": None})
    assert shown(warehouse, monkeypatch) == 0
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    first = [cell.strip() for cell in lines[2] if cell.strip()]
    assert first == [
        "2024-06-03 05:15", "61.5", "published", "0", "increment", "files to read", "3", "70", "5", "9 / 1 / 0", "r1",
    ]  # fmt: skip
    assert "killed \\x1b[2J" in "  ".join(lines[3])
    assert shown(warehouse, monkeypatch, "--failed", "--json", "--last", "2") == 0
    assert [json.loads(line).get("run") for line in capsys.readouterr().out.splitlines()] == ["k", None]


def test_without_a_log_the_command_shows_none(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(warehouse, monkeypatch) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 rows"


# The build writes it


def test_a_build_that_fails_or_is_refused_is_logged_without_a_path_or_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, warehouse, summary = tmp_path / "in", tmp_path / "wh", tmp_path / "summary.json"
    (raw / "queues").mkdir(parents=True)
    (raw / "queues" / "a.csv").write_text("queue_id\nq1\n")
    monkeypatch.setenv("CALLMART_RAW", str(raw))
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(warehouse))
    assert build_main(["--vars", "{fcr_windw_days: 3}"]) == 2
    assert not warehouse.exists()  # what is refused makes nothing
    assert build_main(["--summary", str(summary)]) == 1
    assert build_main(["--vars", "{fcr_windw_days: 3}", "--summary", str(summary)]) == 2
    with pytest.raises(SystemExit):
        build_main(["--no-such-option"])
    with pytest.raises(SystemExit):
        build_main(["--summary", str(tmp_path / "no" / "folder.json")])
    found = runs(warehouse)
    assert [(line["outcome"], line["exit_code"]) for line in found] == [("failed", 1), *[("refused", 2)] * 3]
    assert found[0]["reason"].startswith("No rows in calls: put files into <raw>/calls")
    assert found[0]["files"] == {"new": 1, "replaced": 0, "judged again": 0, "skipped": 0, "gone": 0}
    assert found[0]["rows"] == {"read": 1}
    assert "fcr_windw_days" in found[1]["reason"]
    assert json.loads(summary.read_text()) == found[1]
    assert str(tmp_path) not in (warehouse / LOG).read_text()
    assert not (warehouse / "work" / MARKER).exists()


def test_an_error_nobody_foresaw_is_logged_by_its_kind_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*_arguments: object) -> None:
        raise ValueError("could not convert 'Jane Doe, +33 6 12 34 56 78'")

    (tmp_path / "in").mkdir()
    monkeypatch.setenv("CALLMART_RAW", str(tmp_path / "in"))
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path / "wh"))
    monkeypatch.setattr("callmart.build._ensure_raw_data", surprise)
    assert build_main([]) == 1
    [line] = runs(tmp_path / "wh")
    assert (line["outcome"], line["reason"]) == ("failed", "ValueError")


@pytest.mark.parametrize(("number", "outcome"), [(signal.SIGTERM, "failed"), (signal.SIGKILL, "did not end")])
def test_a_build_that_is_stopped_is_in_the_log_at_the_latest_when_the_next_one_ran(
    number: signal.Signals,
    outcome: str,
    tmp_path: Path,
    build: Build,
    build_environment: Callable[[Path, Path, Path], dict[str, str]],
) -> None:
    raw, warehouse = tmp_path / "in", tmp_path / "wh"
    process = subprocess.Popen(
        [sys.executable, "-m", "callmart.build"],
        env=build_environment(raw, warehouse, Path(__file__).parents[2]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (warehouse / "work" / MARKER).exists():  # it makes a sample then, which takes a while
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        process.wait()
    finally:
        process.kill()
        process.wait()
    (tmp_path / "other" / "queues").mkdir(parents=True)
    done = build(tmp_path / "other", warehouse)
    assert done.returncode == 1
    assert ("did not end" in done.stderr) == (outcome == "did not end")
    first, second = runs(warehouse)
    assert (first["outcome"], second["outcome"]) == (outcome, "failed")
    assert first["exit_code"] == (1 if number == signal.SIGTERM else None)
