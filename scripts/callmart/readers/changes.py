"""What the release in front says of days that an earlier release had reported differently, and why it may.

Exit codes: 0 shown; 1 nothing is published or remembered; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import duckdb

from callmart.paths import warehouse_folder
from callmart.readers.answers import Rows, stdout, write_csv, write_json, write_table
from callmart.releases import ReleaseError, current_release
from callmart.reported import ChangedDay, changed_days

_MOST_FILES = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/changes`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/changes",
        description="Shows what the current release says of days that an earlier one had reported differently.",
    )
    parser.add_argument(
        "--since", metavar="RELEASE", help="only days first reported by this release or later"
    )
    parser.add_argument("--day", type=date.fromisoformat, help="only this day, with every value that changed")
    parser.add_argument("--values", action="store_true", help="every value that changed, for all days")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="comma-separated values")
    form.add_argument("--json", action="store_true", help="a list of objects")
    options = parser.parse_args(arguments)
    warehouse = warehouse_folder()
    try:
        release = current_release(warehouse)
        if release is None:
            raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
        days = changed_days(warehouse, release, options.since)
    except (ReleaseError, duckdb.IOException) as error:
        print(f"changes: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    if options.day is not None:
        days = [day for day in days if day.day == options.day]
    is_detailed = options.values or options.day is not None
    write: Callable[[Sequence[str], Rows, Any], None] = write_table
    if options.csv or options.json:
        write = write_csv if options.csv else write_json
    if is_detailed:
        write(_VALUE_COLUMNS, _value_rows(days), stdout())
    else:
        write(_DAY_COLUMNS, _day_rows(days), stdout())
    return 0


_DAY_COLUMNS = ("day", "first reported by", "KPIs", "values", "why", "files")
_VALUE_COLUMNS = (
    "day",
    "first reported by",
    "kpi_id",
    "scope_type",
    "scope_id",
    "first",
    "now",
    "why",
    "files",
)


def _day_rows(days: Sequence[ChangedDay]) -> Iterator[Sequence[Any]]:
    for day in days:
        kpis = {change.kpi_id for change in day.changes}
        yield (day.day, day.first_release, len(kpis), len(day.changes), "; ".join(day.reasons), _files(day))


def _value_rows(days: Sequence[ChangedDay]) -> Iterator[Sequence[Any]]:
    for day in days:
        for change in day.changes:
            values = dataclasses.astuple(change)
            yield (day.day, day.first_release, *values, "; ".join(day.reasons), _files(day))


def _files(day: ChangedDay) -> str:
    """The files with rows of the day, the newest last; of many the first few."""
    told = [f"{file.file} {file.fate} ({file.rows} rows, {file.release})" for file in day.files]
    more = len(told) - _MOST_FILES
    return "; ".join([*told[:_MOST_FILES], *([f"{more} more"] if more > 0 else [])])


if __name__ == "__main__":
    sys.exit(main())
