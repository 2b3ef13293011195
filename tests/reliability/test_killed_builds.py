"""A build that is killed, or finds no room, no right to write or a wrong clock, leaves readers a whole release."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from release_content import content
from small_jobs import Jobs, add_file, assert_whole, rows_published, rows_written

from callmart.paths import PROJECT
from callmart.releases import current_release, release_names
from callmart.reliability.figures import record
from callmart.runs import read_runs
from callmart.sample import write_sample

Build = Callable[..., subprocess.CompletedProcess[str]]
Environment = Callable[[Path, Path, Path], dict[str, str]]
FORMS = ("short", pytest.param("full", marks=pytest.mark.slow))


class Place:
    """A raw folder and a warehouse with a release, and jobs that run there."""

    def __init__(self, folder: Path, jobs: Jobs) -> None:
        self.raw = folder / "raw"
        self.warehouse = folder / "warehouse"
        self.warehouse.mkdir(exist_ok=True)
        self.jobs = jobs
        add_file(self.raw, "first", 3)
        self.succeed()

    def succeed(self, **order: object) -> None:
        """The next run succeeds without help, and every row that was ever put into the raw folder is published."""
        before = current_release(self.warehouse)
        done = self.jobs.run(self.raw, self.warehouse, **order)
        assert done["code"] == 0
        assert "failed" not in done, done
        assert_whole(self.warehouse)
        assert rows_published(self.warehouse) == rows_written(self.raw)
        names = release_names(self.warehouse)
        assert current_release(self.warehouse) == names[-1] != before

    def fail(self) -> str:
        """A run that fails with an error of a kind the build makes a sentence of; readers see the release before."""
        before = current_release(self.warehouse)
        done = self.jobs.run(self.raw, self.warehouse, adds=True)
        assert done["code"] == 0
        assert done.get("failed"), done
        assert done["sentence"]
        assert current_release(self.warehouse) == before
        assert_whole(self.warehouse)
        return str(done["failed"])


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    with Jobs() as started:
        yield started


@pytest.fixture
def place(tmp_path: Path, jobs: Jobs) -> Place:
    return Place(tmp_path, jobs)


# Killed


@pytest.mark.parametrize("form", FORMS)
def test_a_kill_before_any_step_on_files_harms_nobody(form: str, place: Place) -> None:
    steps = place.jobs.run(place.raw, place.warehouse, rounds=2)["steps"]
    assert steps > 50
    chosen = range(1, steps + 1) if form == "full" else range(3, steps + 1, steps // 8)
    phases: Counter[str] = Counter()
    for step in chosen:
        # Its first job shows that the kill before did no harm.
        killed = place.jobs.run(place.raw, place.warehouse, rounds=2, dies_at=step)
        assert killed["is_ready"]
        assert killed["code"] == -signal.SIGKILL
        phases[killed["phase"]] += 1
        assert_whole(place.warehouse)
    place.succeed()
    figures = {"kills": len(chosen), **{f"while {phase}": number for phase, number in phases.items()}}
    record("killed_builds", "Killed before each step on a file", {**figures, "releases harmed": 0})


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_harms_nobody(kills: int, place: Place) -> None:
    random = Random(20250301)
    started = time.monotonic()
    place.succeed()
    longest = 2 * (time.monotonic() - started)
    phases: Counter[str] = Counter()
    for _ in range(kills):
        process = place.jobs.start(place.raw, place.warehouse, rounds=1000)
        assert place.jobs.said() == {"is_ready": True}  # one job was done: the kill before did no harm
        time.sleep(random.uniform(0, longest))
        os.kill(process, signal.SIGKILL)
        killed = place.jobs.ended()
        assert killed["code"] == -signal.SIGKILL
        phases[killed["phase"]] += 1
        assert_whole(place.warehouse)
    place.succeed()
    figures = {"kills": kills, **{f"while {phase}": number for phase, number in phases.items()}}
    record("killed_builds", "Killed at a random moment", {**figures, "releases harmed": 0})


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_of_two_jobs_at_once_one_waits_its_turn_and_a_kill_of_one_does_not_stop_the_other(
    kills: int, place: Place
) -> None:
    random = Random(7)
    locked = 0
    with Jobs() as others:
        for _ in range(kills):
            one = place.jobs.start(place.raw, place.warehouse, rounds=1000)
            assert place.jobs.said() == {"is_ready": True}
            others.start(place.raw, place.warehouse, rounds=2)
            time.sleep(random.uniform(0, 1))
            os.kill(one, signal.SIGKILL)
            assert place.jobs.ended()["code"] == -signal.SIGKILL
            done = others.ended()
            assert (done["code"], done.get("failed")) == (0, None), done
            locked += done["locked"]
            assert_whole(place.warehouse)
            place.succeed()
    assert locked
    record("killed_builds", "Two at once", {"pairs": kills, "runs told to wait": locked, "other errors": 0})


# No room, no right to write


@contextmanager
def mounted(kind: list[str], folder: Path) -> Iterator[None]:
    """Something mounted on the folder; skips the test where that is not allowed."""
    done = subprocess.run(["mount", *kind, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leaving: int) -> None:
    """Leave so many bytes of the disk."""
    ballast = folder / "ballast"
    ballast.write_bytes(b"")
    free = shutil.disk_usage(folder).free
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(free - leaving, 1))


@pytest.mark.parametrize("sizes", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_a_full_disk_harms_nobody(sizes: int, tmp_path: Path, jobs: Jobs) -> None:
    disk = tmp_path / "warehouse"
    disk.mkdir()
    with mounted(["-t", "tmpfs", "-o", "size=64m", "tmpfs"], disk):
        place = Place(tmp_path, jobs)
        before = shutil.disk_usage(disk).used
        place.succeed(adds=True)
        needed = max(shutil.disk_usage(disk).used - before, 4 << 20)
        failures: Counter[str] = Counter()
        for number in range(sizes):
            fill(disk, leaving=needed * number // sizes)
            done = jobs.run(place.raw, place.warehouse, adds=True)
            assert done["code"] == 0
            failures[str(done.get("failed"))] += 1
            assert_whole(place.warehouse)
            (disk / "ballast").unlink()
            place.succeed()
    succeeded = failures.pop("None", 0)
    assert failures
    figures = {"disks": sizes, "too small for the run": failures.total(), "large enough": succeeded}
    record("killed_builds", "Full disk", {**figures, "releases harmed": 0})


@pytest.mark.parametrize("folder", [".", "releases", "work"])
def test_a_folder_that_cannot_be_written_harms_nobody(folder: str, place: Place) -> None:
    path = place.warehouse / folder
    with mounted(["--bind", "-o", "ro", str(path)], path):
        place.fail()
    place.succeed()


# A clock that jumps


@pytest.mark.parametrize("jumps", [6, pytest.param(120, marks=pytest.mark.slow)])
def test_a_clock_that_jumps_takes_no_reader_back(jumps: int, place: Place) -> None:
    random = Random(12)
    back = 0
    names = [current_release(place.warehouse)]
    ahead = 0.0
    for _ in range(jumps):
        jump = random.choice([-1, 1]) * 10 ** random.uniform(0, 8)  # seconds: up to three years
        back += jump < 0
        ahead += jump
        place.succeed(clock=ahead, adds=True)
        names.append(current_release(place.warehouse))
    assert len(set(names)) == jumps + 1
    record(
        "killed_builds",
        "A clock that jumps",
        {"jumps": jumps, "of them back": back, "releases out of order": 0},
    )


# The whole command


@pytest.mark.slow
def test_a_kill_of_the_whole_command_harms_nobody(
    build: Build, build_environment: Environment, tmp_path: Path
) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_sample(raw, legs=1200, days=60)
    late = sorted(path for path in raw.rglob("*.*") if path.parent != raw)[::7]
    for path in late:
        path.rename(path.with_name(f"_{path.name}"))  # passed over until it gets its name back
    started = time.monotonic()
    done = build(raw, warehouse)
    assert done.returncode == 0, done.stderr
    longest = time.monotonic() - started
    random = Random(5)
    kills, ended = 20, 0
    for number in range(kills):
        if number % 3 == 0 and late:
            path = late.pop()
            path.with_name(f"_{path.name}").rename(path)
        process = subprocess.Popen(
            [sys.executable, "-m", "callmart.build", *(["--full-refresh"] if number % 2 else [])],
            env=build_environment(raw, warehouse, PROJECT),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(random.uniform(0.5, longest))
        process.kill()
        ended += process.wait() == 0
        assert_whole(warehouse)
    for path in late:
        path.with_name(f"_{path.name}").rename(path)
    done = build(raw, warehouse)
    assert done.returncode == 0, done.stderr
    assert_whole(warehouse)
    assert not list((warehouse / "releases").glob(".*.partial"))
    outcomes = Counter(run["outcome"] for run in read_runs(warehouse)[0])
    assert outcomes["did not end"] > 0
    refreshed = build(raw, tmp_path / "other")
    assert refreshed.returncode == 0, refreshed.stderr
    found, expected = (
        content(path / "current" / "callmart.duckdb") for path in (warehouse, tmp_path / "other")
    )
    assert [name for name in expected if found[name] != expected[name]] == []
    figures = {"kills": kills - ended, "came to its end before": ended, "releases harmed": 0}
    record("killed_builds", "The whole command killed at a random moment", figures)


@pytest.mark.slow
def test_the_whole_command_says_what_stops_it_and_succeeds_when_nothing_does(
    build: Build, tmp_path: Path
) -> None:
    raw, disk = tmp_path / "raw", tmp_path / "warehouse"
    write_sample(raw, legs=1200, days=60)
    disk.mkdir()

    def run() -> bool:
        """Whether the command succeeded. When it did not it said why, and readers see what they saw."""
        before = current_release(disk)
        done = build(raw, disk)
        if done.returncode:
            assert done.returncode == 1
            assert done.stderr.splitlines()[-1].startswith("build: ")
            assert f"readers still see {before}" in done.stderr
            assert "Traceback" not in done.stderr
            assert current_release(disk) == before
        assert_whole(disk)
        return done.returncode == 0

    with mounted(["-t", "tmpfs", "-o", "size=512m", "tmpfs"], disk):
        assert build(raw, disk).returncode == 0
        outcomes = Counter[bool]()
        for megabytes in (0, 1, 4, 12, 40):
            add_file(raw, f"beside-{megabytes}", 3)
            fill(disk, leaving=megabytes << 20)
            outcomes[run()] += 1
            (disk / "ballast").unlink()
        assert outcomes[False]
        with mounted(["--bind", "-o", "ro", str(disk)], disk):
            assert not run()
        add_file(raw, "at last", 3)
        assert run()
    figures = {"disks": 5, "too small for the run": outcomes[False], "folders not to be written": 1}
    record("killed_builds", "The whole command without room or right", {**figures, "releases harmed": 0})
