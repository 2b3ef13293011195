"""docs/scale.md: what a billion legs a month would take, worked out from measured constants.

The constants are those of the largest size measured; skew and late data are simulated with a fixed seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from callmart.benchmark.page import sizes_of
from callmart.paths import PROJECT

PAGE = PROJECT / "docs" / "scale.md"
TEMPLATE = Path(__file__).parent / "scale_template.md"

LEGS_A_MONTH = 1_000_000_000
DAYS_A_MONTH = 30
MONTHS_KEPT = 13
_MILLION = 1_000_000
# The engines were compared on one machine (eight models, 10 million calls): 341 and 421 s against 48 to 60 s.
SPARK_FACTOR = 7.0
FILE_TARGET_BYTES = 256_000_000
SHUFFLE_PARTITIONS = 400
WINDOW_HOURS = 2.0
HORIZON_DAYS = 90
# Assumed, for the order of magnitude: put your own in.
PRICE_GB_MONTH = 0.023
PRICE_CORE_HOUR = 0.05


@dataclass(frozen=True)
class Constants:
    """Measured at one size: bytes, rows and seconds per million legs; seconds that a run costs whatever the data."""

    legs: int
    raw_bytes: float
    work_bytes: float
    release_bytes: float
    states: float
    values: float
    sql_core_seconds: float
    idle_seconds: float
    night_seconds: float
    night_legs: int


def constants(results: Mapping[str, Any]) -> Constants:
    """The constants of the largest size measured."""
    size = sizes_of(results)[-1]
    millions = size["legs"] / _MILLION
    build, held, rows = size["build"], size["bytes"], size["rows"]
    phases = build["phases"]
    sql_share = (phases["landing"] + phases["models"]) / build["wall_seconds"]
    return Constants(
        legs=size["legs"],
        raw_bytes=held["raw"] / millions,
        work_bytes=held["work"] / millions,
        release_bytes=held["release"] / millions,
        states=rows["fct_agent_states"] / millions,
        values=rows["kpi_values"] / millions,
        sql_core_seconds=build["cpu_seconds"] * sql_share / millions,
        idle_seconds=size["idle"]["wall_seconds"],
        night_seconds=size["night"]["wall_seconds"],
        night_legs=size["night"]["rows"]["calls"],
    )


# Simulations


def zipf_shares(keys: int, exponent: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Share of the rows that each key has, the commonest first: the k-th has a weight of 1 / k ** exponent."""
    weights = 1.0 / np.arange(1, keys + 1, dtype=np.float64) ** exponent
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def largest_partition(shares: np.ndarray[Any, np.dtype[np.float64]], partitions: int, seed: int = 1) -> float:
    """Rows of the fullest partition over those of the mean one, keys being hashed to partitions at random."""
    places = np.random.default_rng(seed).integers(0, partitions, len(shares))
    loads = np.bincount(places, weights=shares, minlength=partitions)
    return float(loads.max() * partitions)


def days_touched(delays: Sequence[tuple[float, float]], rows: int, horizon: int, seed: int = 1) -> float:
    """Mean number of past days that one night's rows belong to.

    `delays` are (share of the rows, mean delay in days) with exponential delays; a row older than `horizon` days is
    not expected any more. A night receives `rows` rows.
    """
    generator = np.random.default_rng(seed)
    nights = []
    for _ in range(20):
        touched: set[int] = set()
        for share, mean in delays:
            late = generator.exponential(mean, generator.poisson(rows * share))
            touched.update(np.unique(np.floor(late[late < horizon]).astype(int)).tolist())
        touched.discard(0)
        nights.append(len(touched))
    return float(np.mean(nights))


# The page


def page(results: Mapping[str, Any]) -> str:
    """The page in Markdown."""
    measured = constants(results)
    daily = LEGS_A_MONTH / DAYS_A_MONTH / _MILLION
    monthly = LEGS_A_MONTH / _MILLION
    day = measured.sql_core_seconds * daily / 3600
    kept = (measured.raw_bytes + measured.work_bytes + 2 * measured.release_bytes) * monthly * MONTHS_KEPT
    nights = day * SPARK_FACTOR * DAYS_A_MONTH
    figures = {
        "measured_legs": f"{measured.legs / _MILLION:g} million legs",
        "raw_bytes": _size(measured.raw_bytes),
        "work_bytes": _size(measured.work_bytes),
        "release_bytes": _size(measured.release_bytes),
        "states": f"{measured.states / _MILLION:.1f}",
        "values": f"{measured.values / _MILLION:.1f}",
        "core_seconds": f"{measured.sql_core_seconds:.0f}",
        "night_legs": f"{measured.night_legs:,}",
        "night_seconds": f"{measured.night_seconds:.0f}",
        "idle_seconds": f"{measured.idle_seconds:.0f}",
        "months": MONTHS_KEPT,
        "daily_legs": f"{daily:.1f}",
        "monthly_legs": f"{monthly:,.0f}",
        "kept_legs": f"{monthly * MONTHS_KEPT:,.0f}",
        "volume_rows": _volume_rows(measured, daily, monthly),
        "legs_a_second": f"{LEGS_A_MONTH / DAYS_A_MONTH / 86_400:,.0f}",
        "day_core_hours": f"{day:.1f}",
        "month_core_hours": f"{day * DAYS_A_MONTH:,.0f}",
        "kept_core_hours": f"{day * DAYS_A_MONTH * MONTHS_KEPT:,.0f}",
        "refresh_hours": f"{day * DAYS_A_MONTH * MONTHS_KEPT / 64:,.0f}",
        "kept_work": _size(measured.work_bytes * monthly * MONTHS_KEPT),
        "spark_factor": f"{SPARK_FACTOR:g}",
        "window_hours": f"{WINDOW_HOURS:g}",
        "night_cores": f"{math.ceil(day * SPARK_FACTOR / WINDOW_HOURS):,}",
        "refresh_cores": f"{math.ceil(day * DAYS_A_MONTH * MONTHS_KEPT * SPARK_FACTOR / 24):,}",
        "file_megabytes": FILE_TARGET_BYTES // 1_000_000,
        "file_rows": _file_rows(measured, daily),
        "minute_files": f"{24 * 60 * DAYS_A_MONTH * MONTHS_KEPT:,}",
        "partitions": SHUFFLE_PARTITIONS,
        "skew_rows": _skew_rows(),
        "horizon": HORIZON_DAYS,
        "late_rows": _late_rows(day * SPARK_FACTOR, int(daily * _MILLION)),
        "price_gb": PRICE_GB_MONTH,
        "price_core": PRICE_CORE_HOUR,
        "kept_bytes": _size(kept),
        "storage_price": f"{kept / 1e9 * PRICE_GB_MONTH:,.0f}",
        "nights_core_hours": f"{nights:,.0f}",
        "nights_price": f"{nights * PRICE_CORE_HOUR:,.0f}",
    }
    return TEMPLATE.read_text(encoding="utf-8").format(**figures)


def _volume_rows(measured: Constants, daily: float, monthly: float) -> str:
    held = {
        "raw files": measured.raw_bytes,
        "tables of the build": measured.work_bytes,
        "release": measured.release_bytes,
    }
    spans = (daily, monthly, monthly * MONTHS_KEPT)
    return "\n".join(
        f"| {name} | " + " | ".join(_size(each * span) for span in spans) + " |"
        for name, each in held.items()
    )


def _file_rows(measured: Constants, daily: float) -> str:
    rows = []
    for name, each in (("raw files", measured.raw_bytes), ("tables of the build", measured.work_bytes)):
        count = math.ceil(each * daily / FILE_TARGET_BYTES)
        rows.append(
            f"| {name} | {_size(each * daily)} | {count:,} | {count * DAYS_A_MONTH * MONTHS_KEPT:,} |"
        )
    return "\n".join(rows)


def _skew_rows() -> str:
    rows = []
    for name, keys in (("queues", 2_000), ("agents", 100_000), ("customers", 5_000_000)):
        for exponent in (0.8, 1.0, 1.2):
            shares = zipf_shares(keys, exponent)
            fullest = largest_partition(shares, SHUFFLE_PARTITIONS)
            rows.append(f"| {name} | {keys:,} | {exponent} | {shares[0]:.2%} | {fullest:.1f} x |")
    return "\n".join(rows)


def _late_rows(day_core_hours: float, rows_a_day: int) -> str:
    cases = (
        ("0.01 % by 1 day on average", [(0.0001, 1.0)]),
        ("1 % by 1 day, 0.01 % by 7", [(0.01, 1.0), (0.0001, 7.0)]),
        ("0.1 % by 20 days, a slow source", [(0.001, 20.0)]),
        ("0.01 % by 1 day, and five rows by 30", [(0.0001, 1.0), (5 / rows_a_day, 30.0)]),
    )
    rows = []
    for name, delays in cases:
        touched = days_touched(delays, rows_a_day, HORIZON_DAYS)
        at_once, weekly = day_core_hours * (1 + touched), day_core_hours * (1 + touched / 7)
        rows.append(f"| {name} | {touched:.0f} | {at_once:,.0f} | {weekly:,.0f} |")
    return "\n".join(rows)


def _size(count: float) -> str:
    for unit, factor in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9)):
        if count >= factor:
            return f"{count / factor:,.1f} {unit}"
    return f"{count / 1e6:,.0f} MB"
