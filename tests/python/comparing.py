"""Whether what the project's SQL gives is what the oracle gives: KPI values, and what became of the raw rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import isclose
from typing import Any

import duckdb
import small_groups

import oracle
from callmart.paths import PROJECT

Key = tuple[str, str, date | None, str, str]
Values = dict[Key, float | None]
Results = Mapping[Key, tuple[Any, Any, Any]]

SEEDS = PROJECT / "seeds"
TOLERANCE = 1e-9
# Employees' answers: which groups are shown may differ, what is shown may not.
SUPPRESSED = ("enps", "pulse_score")
FAILED_CAST = "optional column not castable: "


@dataclass
class Agreement:
    """What was compared, and what differs."""

    data_sets: int = 0
    values: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.data_sets} data sets, {self.values:,} values compared"


def kinds_of_kpis() -> dict[str, str]:
    """Every KPI of the catalogue with its kind; `volume` where no row is the same as 0."""
    with (SEEDS / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as lines:
        return {
            row["kpi_id"]: "volume"
            if row["kind"] in ("count", "distinct") and not row["denominator"]
            else row["kind"]
            for row in csv.DictReader(lines)
        }


def published(connection: duckdb.DuckDBPyConnection) -> Values:
    rows = connection.execute(
        "select kpi_id, grain, case when grain <> 'total' then period_start end, scope_type, scope_id, value"
        " from marts.kpi_values"
    ).fetchall()
    values: Values = {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}
    assert len(values) == len(rows)
    return values


def compare_values(connection: duckdb.DuckDBPyConnection, results: Results, agreement: Agreement) -> None:
    """Every KPI, scope and grain that either side has, of the KPIs whose raw tables hold rows.

    The oracle computes what it can from the tables there are; the models leave a KPI out when one it needs is absent.
    """
    kinds, found = kinds_of_kpis(), published(connection)
    absent = connection.execute(
        "select kpi_id from marts.data_availability where not is_available"
    ).fetchall()
    unavailable = {kpi_id for (kpi_id,) in absent}
    assert {key[0] for key in found} | {key[0] for key in results} <= set(kinds)
    assert not unavailable & {key[0] for key in found}
    expected = {key: result[2] for key, result in results.items()}
    for key in found.keys() | expected.keys():
        if key[0] in SUPPRESSED or key[0] in unavailable:
            continue
        agreement.values += 1
        sql, python = found.get(key), expected.get(key)
        if kinds[key[0]] == "volume":
            sql, python = sql or 0.0, python or 0.0
        if not is_same(sql, python):
            agreement.differences.append(f"{key}: SQL {sql}, oracle {results.get(key)}")
    compare_sides(connection, results, agreement)


def compare_sides(connection: duckdb.DuckDBPyConnection, results: Results, agreement: Agreement) -> None:
    """Numerators and denominators, wherever the oracle has the side. A denominator without rows is null in SQL."""
    for *key, numerator, denominator in connection.execute(
        "select kpi_id, grain, case when grain <> 'total' then period_start end, scope_type, scope_id,"
        " numerator, denominator from marts.kpi_values"
    ).fetchall():
        expected = results.get((key[0], key[1], key[2], key[3], key[4]))
        if key[0] in SUPPRESSED or expected is None:
            continue
        for name, sql, python in (
            ("numerator", numerator, expected[0]),
            ("denominator", denominator, expected[1]),
        ):
            if python is None:
                continue
            agreement.values += 1
            if not is_same(float(sql or 0), float(python)):
                agreement.differences.append(f"{key}: {name} in SQL {sql}, of the oracle {python}")


def is_same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def compare_suppressed(found: Values, results: Results, minimum: int, agreement: Agreement) -> None:
    """What is shown of employees' answers is right, and gives no small group away; `results` are all there are."""
    for kpi_id in SUPPRESSED:
        shown = sorted((key for key in found if key[0] == kpi_id), key=str)
        for key in shown:
            agreement.values += 1
            if key not in results or not is_same(found[key], results[key][2]):
                agreement.differences.append(f"{key}: SQL {found[key]}, oracle {results.get(key)}")
        # Answers that lie in the same shown groups cannot be told apart: they are one part.
        parts: Counter[tuple[bool, ...]] = Counter()
        for (day, team), answers in answers_by_day_and_team(kpi_id, results).items():
            parts[tuple(holds(key, day, team) for key in shown)] += answers
        inside = [held for held in parts if any(held)]
        for small in small_groups.isolated(inside, [parts[held] for held in inside], minimum):
            names = [
                str(key) for number, key in enumerate(shown) if any(inside[part][number] for part in small)
            ]
            agreement.differences.append(f"{kpi_id}: a group under {minimum} follows from {names}")


def holds(key: Key, day: date, team: str) -> bool:
    """Whether a published group holds the answers of a team and day."""
    return key[4] in ("all", team) and (key[1] == "total" or day in days_of(key))


def answers_by_day_and_team(kpi_id: str, results: Results) -> dict[tuple[date, str], int]:
    """Answers of each day and team; those without a team under an empty name."""
    counts: Counter[tuple[date, str]] = Counter()
    for (found, grain, start, scope_type, scope_id), (_, denominator, _) in results.items():
        if found == kpi_id and grain == "day" and start is not None:
            if scope_type == "all":
                counts[start, ""] += int(denominator)
            else:
                counts[start, scope_id] += int(denominator)
                counts[start, ""] -= int(denominator)
    return {cell: answers for cell, answers in counts.items() if answers}


def days_of(key: Key) -> set[date]:
    """The days of a published period."""
    _, grain, start, _, _ = key
    assert start is not None
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain)
    if months is None:
        return {start + timedelta(days=number) for number in range({"day": 1, "week": 7}[grain])}
    last = start.month - 1 + months
    end = date(start.year + last // 12, last % 12 + 1, 1)
    return {start + timedelta(days=number) for number in range((end - start).days)}


def compare_staging(
    connection: duckdb.DuckDBPyConnection, counts: Mapping[str, oracle.TableCounts], agreement: Agreement
) -> None:
    """What became of the rows of every table, and the reasons."""
    found: dict[str, dict[str, int]] = {}
    for table, landed, staged, rejected, superseded in connection.execute(
        "select raw_table, landed_rows, staged_rows, rejected_rows, superseded_rows from marts.landing_summary"
    ).fetchall():
        found[table] = {
            "landed": landed,
            "staged": staged,
            "rejected": rejected,
            "superseded": superseded,
        }
    for table, reason, rows in connection.execute("from marts.rejection_summary").fetchall():
        found[table][reason] = rows
    assert set(found) == set(counts)
    for table, count in counts.items():
        expected = {
            "landed": count.landed,
            "staged": count.staged,
            "rejected": count.rejected,
            "superseded": count.superseded,
            **count.reasons,
            **{f"{FAILED_CAST}{column}": rows for column, rows in count.failed_casts.items()},
        }
        for name in found[table].keys() | expected.keys():
            agreement.values += 1
            if found[table].get(name, 0) != expected.get(name, 0):
                agreement.differences.append(
                    f"{table}, {name}: SQL {found[table].get(name, 0)}, oracle {expected.get(name, 0)}"
                )
