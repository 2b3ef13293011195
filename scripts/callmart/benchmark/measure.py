"""What is measured at one size: build and floor in turn, the night after, an idle run, a dashboard's queries."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from callmart.benchmark.children import ChildError, Cost, bytes_below, run_child
from callmart.benchmark.dashboard import percentile
from callmart.benchmark.floor import FILE_NAME
from callmart.benchmark.night import add_day
from callmart.dashboard.compose import DASHBOARD

SAMPLE_DAYS = 366
# Any seed but that of the sample.
_NIGHT_SEED = 20_250_101

Say = Callable[[str], None]


def machine() -> dict[str, Any]:
    """What the seconds depend on; `load` is how many processes had work before anything was measured."""
    return {
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "dbt_core": version("dbt-core"),
    }


def measure_size(legs: int, rounds: int, night_legs: int, scratch: Path, say: Say) -> dict[str, Any]:
    """Measure one size; of several rounds the fastest of each side counts.

    Raises:
        ChildError: a build, the floor or the sample failed, or a build left a release without a dashboard.
    """
    raw, warehouse, floor = scratch / f"raw-{legs}", scratch / f"warehouse-{legs}", scratch / f"floor-{legs}"
    make_raw(raw, legs, say)
    builds, floors = [], []
    for turn in range(1, rounds + 1):
        say(f"{legs:,} legs, round {turn} of {rounds}: build")
        shutil.rmtree(warehouse, ignore_errors=True)
        builds.append(_build(warehouse, raw, scratch))
        say(f"{legs:,} legs, round {turn} of {rounds}: floor")
        shutil.rmtree(floor, ignore_errors=True)
        floors.append(_floor(warehouse, raw, floor))
        floors[-1]["file_bytes"] = (floor / FILE_NAME).stat().st_size
        shutil.rmtree(floor)
    result = {
        "legs": legs,
        "rounds": rounds,
        "build": min(builds, key=_wall),
        "floor": min(floors, key=_wall),
        "bytes": _sizes(raw, warehouse),
        "rows": _rows(warehouse),
    }
    say(f"{legs:,} legs: dashboard")
    result["dashboard"] = _dashboard(warehouse)
    say(f"{legs:,} legs: a run with no new file")
    result["idle"] = _build(warehouse, raw, scratch)
    say(f"{legs:,} legs: the night after")
    result["night"] = _night(warehouse, raw, scratch, night_legs)
    shutil.rmtree(warehouse)
    return result


def measure_sample(scratch: Path, say: Say) -> dict[str, Any]:
    """Measure the default sample's build, making the raw data included, in an empty folder."""
    say("the default sample")
    folder = scratch / "default"
    shutil.rmtree(folder, ignore_errors=True)
    measured = _build(folder / "warehouse", folder / "raw", scratch)
    measured["bytes"] = _sizes(folder / "raw", folder / "warehouse")
    shutil.rmtree(folder)
    return measured


def make_raw(raw: Path, legs: int, say: Say) -> None:
    """Make the raw files of this size once; a later run finds them."""
    if (raw / "_sample.json").exists():
        return
    say(f"{legs:,} legs: making the raw files")
    options = [
        "--out",
        str(raw),
        "--legs",
        str(legs),
        "--days",
        str(SAMPLE_DAYS),
        "--format",
        "parquet",
        "--quiet",
    ]
    run_child("callmart.sample", options, {})


def _environment(warehouse: Path, raw: Path) -> dict[str, str]:
    # A day's files beside the sample's hold telephone numbers as well.
    return {"CALLMART_WAREHOUSE": str(warehouse), "CALLMART_RAW": str(raw), "CALLMART_SALT": "benchmark"}


def _build(warehouse: Path, raw: Path, scratch: Path) -> dict[str, Any]:
    parts = scratch / "parts.json"
    cost, _ = run_child("callmart.benchmark.timed_build", [str(parts)], _environment(warehouse, raw))
    measured: dict[str, Any] = json.loads(parts.read_text())
    parts.unlink()
    if not (warehouse / "current" / DASHBOARD).exists():
        raise ChildError("the release has no dashboard: a night without one is no night to measure")
    return {**_costs(cost), **_phases(measured)}


def _phases(measured: Mapping[str, Any]) -> dict[str, Any]:
    """The steps by what they are for. dbt's share is its step less the statements it waited for."""
    steps, sql = measured["steps"], measured["sql"]
    transform = steps.get("Transforming and testing", 0.0)
    landing = steps.get("Loading raw files", 0.0)
    publish = steps.get("Publishing", 0.0)
    models, tests = sql.get("models", 0.0), sql.get("tests", 0.0)
    return {
        "phases": {
            "landing": landing,
            "models": models,
            "tests": tests,
            "dbt": transform - models - tests,
            "publish": publish,
            "rest": measured["steps"]["all"] - landing - transform - publish,
        },
        "slowest": measured["slowest"],
    }


def _floor(warehouse: Path, raw: Path, out: Path) -> dict[str, Any]:
    options = ["--warehouse", str(warehouse), "--raw", str(raw), "--out", str(out)]
    cost, said = run_child("callmart.benchmark.floor", options, _environment(warehouse, raw))
    tables = json.loads(said)["tables"]
    return {**_costs(cost), "slowest": tables}


def _night(warehouse: Path, raw: Path, scratch: Path, legs: int) -> dict[str, Any]:
    before = {path for path in raw.rglob("*") if path.is_file()}
    newest = dt.datetime.fromisoformat(_release_facts(warehouse)["as_of"]).date()
    try:
        rows = add_day(raw, scratch, newest + dt.timedelta(days=1), legs, _NIGHT_SEED)
        measured = _build(warehouse, raw, scratch)
    finally:
        for path in [path for path in raw.rglob("*") if path.is_file() and path not in before]:
            path.unlink()
        shutil.rmtree(scratch / "week", ignore_errors=True)
    return {**measured, "rows": rows}


def _dashboard(warehouse: Path) -> dict[str, Any]:
    release = (warehouse / "current" / FILE_NAME).resolve()
    _, said = run_child("callmart.benchmark.dashboard", [str(release)], {})
    taken = json.loads(said)
    cold = [query["cold_ms"] for query in taken.values()]
    warm = [query["warm_ms"] for query in taken.values()]
    return {
        "queries": taken,
        "cold": {"p50_ms": percentile(cold, 0.5), "p95_ms": percentile(cold, 0.95)},
        "warm": {"p50_ms": percentile(warm, 0.5), "p95_ms": percentile(warm, 0.95)},
    }


def _sizes(raw: Path, warehouse: Path) -> dict[str, int]:
    return {
        "raw": bytes_below(raw),
        "work": (warehouse / "work" / FILE_NAME).stat().st_size,
        "release": (warehouse / "current" / FILE_NAME).stat().st_size,
    }


def _rows(warehouse: Path) -> dict[str, int]:
    """Rows of every table of the release."""
    rows: dict[str, int] = _release_facts(warehouse)["rows"]
    return rows


def _release_facts(warehouse: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((warehouse / "current" / "release.json").read_text(encoding="utf-8"))
    return facts


def _costs(cost: Cost) -> dict[str, float]:
    return {"wall_seconds": cost.wall_seconds, "cpu_seconds": cost.cpu_seconds, "peak_bytes": cost.peak_bytes}


def _wall(measured: Mapping[str, Any]) -> float:
    return float(measured["wall_seconds"])
