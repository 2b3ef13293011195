"""Seeded sample data of a fictitious contact centre: every raw table, with what real exports hold planted in
it.

Calls are simulated, not drawn: waits, abandonment and service level follow from the load and the rosters.
The same arguments give the same files. A larger sample is made of more centres of the same size
("replicas"), written a few at a time, so that memory does not grow with it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from callmart.sample.centre import LEGS_PER_DAY, Centre
from callmart.sample.clock import day_number
from callmart.sample.group import simulate_group
from callmart.sample.truth import Truth
from callmart.sample.writing import FileFormat, write_first_group, write_group

MARKER = "_sample.json"
# The sample's telephone numbers are nobody's.
SAMPLE_SALT = "sample"
DEFAULT_SEED = 7
DEFAULT_LEGS = 60_000
DEFAULT_START = dt.date(2024, 1, 1)
DEFAULT_DAYS = 366
REPLICA_LEGS_PER_DAY = DEFAULT_LEGS / DEFAULT_DAYS
GROUP_LEGS = 200_000
"""Call legs simulated together."""
WRITERS = min(4, os.cpu_count() or 1)
"""Groups made at the same time: memory is that of so many groups, whatever the size of the sample."""

__all__ = ["SampleError", "sample_files", "write_sample"]


class SampleError(ValueError):
    """What was asked for cannot be made; the message says what to change."""


def write_sample(
    folder: Path,
    *,
    seed: int = DEFAULT_SEED,
    legs: int = DEFAULT_LEGS,
    start: dt.date = DEFAULT_START,
    days: int = DEFAULT_DAYS,
    file_format: FileFormat = "mixed",
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Write a sample and return the true count of everything planted in it.

    Args:
        folder: where the tables go, one folder each; must be empty, absent or an earlier sample, which is
        replaced.
        seed: the same seed and size give the same files.
        legs: call legs wanted, about.
        start: the first day.
        days: how many days.
        file_format: `mixed` (CSV, CSV.gz, Parquet and JSON lines side by side), `csv` or `parquet`. Parquet
        holds
            typed numbers, booleans and instants, and days as text; the few planted rows are text throughout.
        on_progress: called with a sentence after each part.
    """
    if legs < 200 or days < 7:
        raise SampleError("Ask for at least 200 legs and 7 days: a smaller centre has nothing to show.")
    if not dt.date(2000, 1, 1) <= start <= dt.date(2050, 1, 1) or days > 3660:
        raise SampleError("Start between 2000 and 2050 and ask for at most 3660 days.")
    _make_room(folder)
    header = {"generator": "callmart.sample", "seed": seed, "legs": legs, "start": start.isoformat(), "days":
    days,
              "file_format": file_format}  # fmt: skip
    _write_marker(folder, header | {"complete": False})

    replicas = max(1, round(legs / (REPLICA_LEGS_PER_DAY * days)))
    scale = legs / (replicas * LEGS_PER_DAY * days)
    each = max(1, int(GROUP_LEGS * replicas / legs))
    groups = range(0, replicas, each)
    # Several groups already keep every core busy.
    threads = WRITERS if len(groups) == 1 else 1
    truth = Truth()

    def write(first: int) -> Truth:
        """Simulate and write the group of replicas that begins with this one."""
        centre = Centre.of(first, min(each, replicas - first), day_number(start), days, scale)
        group = simulate_group(centre, seed)
        found = Truth()
        write_tables = write_first_group if first == 0 else write_group
        with duckdb.connect(config={"memory_limit": "1GB", "threads": threads}) as connection:
            connection.execute("set enable_progress_bar = false")
            for table in write_tables(folder, group, file_format, found, connection):
                if on_progress is not None and len(groups) == 1:
                    on_progress(f"{table}: {found.landed[table]:,} rows")
        return found

    with ThreadPoolExecutor(WRITERS) as writers:
        for done, found in enumerate(writers.map(write, groups), start=1):
            truth.add(found)
            if on_progress is not None and len(groups) > 1:
                on_progress(f"part {done} of {len(groups)}: {truth.landed['calls']:,} call legs so far")
    result = truth.as_dict()
    _write_marker(folder, header | {"complete": True, "truth": result, "files": _files(folder)})
    return result


def sample_files(folder: Path) -> frozenset[str] | None:
    """The files of the sample in a folder, relative to it; None when it holds no sample."""
    marker = folder / MARKER
    if not marker.exists():
        return None
    content = json.loads(marker.read_text(encoding="utf-8"))
    if not content["complete"]:
        raise SampleError(
            f"The sample in {folder} was never finished: remove that folder, or make the sample again."
        )
    return frozenset(content["files"])


def _make_room(folder: Path) -> None:
    """Remove an earlier sample, whole or begun; refuse a folder that holds anything else."""
    if folder.exists():
        if not folder.is_dir():
            raise SampleError(f"{folder} is a file: name a folder.")
        marker = folder / MARKER
        content = list(folder.iterdir())
        if content and not marker.exists():
            raise SampleError(f"{folder} holds files that are no sample: name an empty folder.")
        earlier = json.loads(marker.read_text(encoding="utf-8")) if content else {}
        strange = set(_files(folder)) - set(earlier.get("files", _files(folder)))
        if strange:
            raise SampleError(
                f"{min(strange)} in {folder} is no part of the sample there: move it away first."
            )
        for path in content:
            if path.is_dir():
                shutil.rmtree(path)
    folder.mkdir(parents=True, exist_ok=True)


def _files(folder: Path) -> list[str]:
    """The files of every table, relative to the folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/**/*") if path.is_file())


def _write_marker(folder: Path, content: dict[str, Any]) -> None:
    """Write the sample's own file in one rename: it is whole or absent."""
    partial = folder / f"{MARKER}.part"
    partial.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(folder / MARKER)
