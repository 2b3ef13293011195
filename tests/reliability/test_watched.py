"""Faults planted in sound data are found, each under its name, and sound data give no finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import random_data
from compiled_project import Compiled, built, failing_tests

from callmart.reliability.figures import record

Tables = dict[str, list[dict[str, object]]]
Finding = tuple[str, str, str]

# Nine weeks and a few days, the last of them not over; no holiday among the days that are judged.
FIRST, DAYS, CALLS_A_DAY = date(2024, 1, 1), 66, 60
LAST = FIRST + timedelta(days=DAYS - 1)
STARTED = datetime(2024, 6, 1, tzinfo=UTC)


def instant(day: date, number: int, seconds: int = 0) -> str:
    """A moment of the morning, five minutes after the one before."""
    at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(
        minutes=5 * number, seconds=seconds
    )
    return at.isoformat()


def call(day: date, number: int, key: str = "c", **columns: object) -> dict[str, object]:
    return {
        "call_id": f"{key}-{day}-{number}", "direction": "inbound", "outcome": "answered", "queue_id": "q1",
        "started_at": instant(day, number), "queued_at": instant(day, number),
        "answered_at": instant(day, number, 10), "ended_at": instant(day, number, 100), "talk_seconds": 90,
        "disposition_code": "", "is_test": "", **columns,
    }  # fmt: skip


def ticket(day: date, number: int, key: str = "t") -> dict[str, object]:
    return {"ticket_id": f"{key}-{day}-{number}", "created_at": instant(day, number), "queue_id": "q1"}


def figure(day: date, calls: int) -> dict[str, object]:
    return {"figure_date": day, "queue_id": "q1", "figure": "offered_calls", "calls": calls}


def sound() -> Tables:
    """The same number of calls and tickets, and an order, every day; another system that counts the same."""
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    return {
        "calls": [call(day, number) for day in days for number in range(CALLS_A_DAY)],
        "tickets": [ticket(day, number) for day in days for number in range(CALLS_A_DAY)],
        "orders": [
            {"order_id": f"o-{day}", "customer_id": "u1", "ordered_at": instant(day, 0), "net_amount": 10,
             "currency": "EUR", "status": "confirmed"}
            for day in days
        ],
        "queues": [{"queue_id": "q1", "queue_name": "One", "timezone": "Europe/Paris"}],
        "vendor_figures": [figure(before(number), CALLS_A_DAY) for number in (5, 6, 7)],
    }  # fmt: skip


def before(days: int) -> date:
    return LAST - timedelta(days=days)


# Faults, each with what has to be found of it


def orders_stop(tables: Tables) -> list[Finding]:
    tables["orders"] = tables["orders"][:-4]
    return [("stale", "orders", "rows")]


def half_a_day_is_missing(tables: Tables) -> list[Finding]:
    day = str(before(1))
    kept = [row for row in tables["calls"] if not str(row["call_id"]).startswith(f"c-{day}")]
    tables["calls"] = [*kept, *(call(before(1), number) for number in range(CALLS_A_DAY // 2))]
    return [("volume_low", "calls", "rows")]


def a_day_comes_twice_under_other_keys(tables: Tables) -> list[Finding]:
    tables["tickets"] += [ticket(before(1), number, "again") for number in range(CALLS_A_DAY)]
    return [("volume_high", "tickets", "rows")]


def a_column_is_no_longer_filled(tables: Tables) -> list[Finding]:
    for row in tables["calls"]:
        if str(row["started_at"]) >= str(before(2)):
            row["talk_seconds"] = ""
    return [("null_rate", "calls", "talk_seconds")]


def a_value_is_spelt_another_way(tables: Tables) -> list[Finding]:
    tables["calls"] += [
        call(before(day), number, "bad", outcome="Picked up") for day in (0, 1, 2) for number in range(10)
    ]
    return [
        ("rejection_rate", "calls", "rejected"),
        ("rejected_rows", "calls", "value not allowed: outcome"),
    ]


def a_number_is_none(tables: Tables) -> list[Finding]:
    tables["orders"][0]["margin_amount"] = "tbc"
    return [("nulled_values", "orders", "optional column not castable: margin_amount")]


def a_code_is_new(tables: Tables) -> list[Finding]:
    tables["calls"][0]["disposition_code"] = "'; drop table x; --"
    return [("unmapped_disposition", "calls", "'; drop table x; --")]


def a_queue_is_new(tables: Tables) -> list[Finding]:
    tables["calls"][1]["queue_id"] = "<script>"
    return [("unmapped_queue", "calls", "<script>")]


def a_currency_is_new(tables: Tables) -> list[Finding]:
    tables["orders"][1]["currency"] = "XXX"
    return [("currency_without_rate", "orders", "XXX")]


def calls_never_landed(tables: Tables) -> list[Finding]:
    tables["vendor_figures"][0]["calls"] = CALLS_A_DAY + 3
    return [("unexplained_difference", "vendor_figures", "offered_calls")]


def the_other_system_counts_tests(tables: Tables) -> list[Finding]:
    tables["calls"] += [call(before(6), number, "test", is_test="true") for number in (0, 1)]
    tables["vendor_figures"][1]["calls"] = CALLS_A_DAY + 2
    return []


Fault = Callable[[Tables], list[Finding]]
FAULTS: Sequence[Fault] = (
    orders_stop,
    half_a_day_is_missing,
    a_day_comes_twice_under_other_keys,
    a_column_is_no_longer_filled,
    a_value_is_spelt_another_way,
    a_number_is_none,
    a_code_is_new,
    a_queue_is_new,
    a_currency_is_new,
    calls_never_landed,
    the_other_system_counts_tests,
)


def findings(
    raw: Path, tables: Mapping[str, Any], project: Compiled, *, with_broken_file: bool = False
) -> set[Finding]:
    for table, rows in tables.items():
        random_data.write_rows_of(raw, table, "a.csv", rows)
    if with_broken_file:
        (raw / "tickets" / "cut_short.parquet").write_bytes(b"PAR1")
    for connection in built(raw, STARTED, project, None):
        assert failing_tests(connection, project, None) == []
        found = connection.execute(
            "select finding, raw_table, found_value from marts.data_quality"
        ).fetchall()
    return set(found)


def test_sound_data_give_no_finding_and_all_faults_at_once_are_found(
    compiled: list[Compiled], tmp_path: Path
) -> None:
    assert findings(tmp_path / "sound", sound(), compiled[0]) == set()
    tables = sound()
    expected = {finding for fault in FAULTS for finding in fault(tables)}
    expected.add(("skipped_files", "tickets", "files"))
    assert findings(tmp_path / "faulty", tables, compiled[0], with_broken_file=True) == expected


@pytest.mark.slow
def test_each_fault_is_found_and_nothing_else(compiled: list[Compiled], tmp_path: Path) -> None:
    found_alone, wrong = 0, []
    for fault in FAULTS:
        tables = sound()
        expected = set(fault(tables))
        found = findings(tmp_path / fault.__name__, tables, compiled[0])
        found_alone += found == expected
        if found != expected:
            wrong.append((fault.__name__, found ^ expected))
    assert findings(tmp_path / "broken", sound(), compiled[0], with_broken_file=True) == {
        ("skipped_files", "tickets", "files")
    }
    assert wrong == []
    record(
        "watched",
        "Planted faults",
        {"faults, one at a time": len(FAULTS) + 1, "found": found_alone + 1, "other findings": len(wrong)},
    )
