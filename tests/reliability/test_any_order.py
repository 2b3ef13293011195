"""The whole command on the same files, in any order and once more, gives one release.

Random small data are tried in tests/python/test_increments.py.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from release_content import Content, content

from callmart.releases import release_names
from callmart.reliability.figures import record
from callmart.sample import write_sample

Build = Callable[..., subprocess.CompletedProcess[str]]


def published(build: Build, raw: Path, warehouse: Path, *arguments: str) -> Content:
    """What the release of a build holds."""
    done = build(raw, warehouse, *arguments, env={"CALLMART_SALT": "pepper"})
    assert done.returncode == 0, done.stderr
    return content(warehouse / "current" / "callmart.duckdb")


def cells(release: Content) -> int:
    return sum(len(row) for rows in release.values() for row in rows)


def differing(one: Content, other: Content) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


@pytest.mark.slow
def test_files_that_come_in_any_order_and_builds_that_are_repeated_give_one_release(
    build: Build, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    write_sample(whole, legs=1200, days=60)
    expected = published(build, whole, tmp_path / "warehouse")
    repeated = published(build, whole, tmp_path / "warehouse", "--full-refresh")
    assert len(release_names(tmp_path / "warehouse")) == 2
    assert differing(repeated, expected) == []
    record(
        "any_order",
        "The whole command repeated",
        {"tables compared": len(expected), "cells compared": cells(expected), "differences": 0},
    )

    random = Random(4)
    orders = runs = 0
    for way in range(3):
        raw, warehouse = tmp_path / f"raw-{way}", tmp_path / f"warehouse-{way}"
        files = sorted(path for path in whole.rglob("*.*") if path.parent != whole)
        random.shuffle(files)
        first = next(path for path in files if path.parent.name == "calls")  # nothing is built without calls
        groups = [[whole / "_sample.json", first], [], []]
        for path in files:
            if path != first:
                groups[random.randrange(3)].append(path)
        found: Content = {}
        for group in groups:
            for path in group:
                to = raw / path.relative_to(whole)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, to)
            found = published(build, raw, warehouse)
            runs += 1
        assert differing(found, expected) == []
        orders += 1
    record(
        "any_order",
        "The whole command on the same files in random groups",
        {"orders": orders, "runs": runs, "cells compared": orders * cells(expected), "differences": 0},
    )
