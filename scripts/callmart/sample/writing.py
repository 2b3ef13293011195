"""Files: which table goes where, in which format, and the planted rows among them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np

from callmart.sample.clock import date_of, local_days
from callmart.sample.frame import Frame, quoted
from callmart.sample.group import Group
from callmart.sample.planting import Planted, Row, late_calls, plant
from callmart.sample.tables import tables
from callmart.sample.truth import Truth

FileFormat = Literal["mixed", "csv", "parquet"]

_MONTHLY = (
    "csv",
    "csv.gz",
    "parquet",
    "csv",
    "jsonl",
    "parquet",
    "csv.gz",
    "parquet",
    "csv",
    "csv",
    "parquet",
    "csv.gz",
)
_MIXED = {
    "agent_states": "parquet", "contact_records": "parquet", "customer_events": "parquet",
    "survey_invitations": "parquet", "email_sends": "csv.gz", "lead_activities": "csv.gz", "tickets": "jsonl",
    "selfservice_sessions": "jsonl",
}  # fmt: skip
"""Formats of a mixed sample; the tables not named here are CSV."""


def write_first_group(
    folder: Path, group: Group, file_format: FileFormat, truth: Truth, connection: duckdb.DuckDBPyConnection
) -> Iterator[str]:
    """Write the group that holds the planted rows; yields the name of each table written."""
    for table, frame in tables(group):
        place = folder / table
        planted = plant(table, frame, group, connection)
        truth.add_rows(table, len(frame))
        truth.add_planted(table, planted)
        if table == "calls":
            truth.add_calls(group)
            truth.add_planted_calls(group, planted)
            main = _write_months(place, frame, group, file_format, truth, connection)
        else:
            suffix = _MIXED.get(table, "csv") if file_format == "mixed" else file_format
            main = place / f"{table}.{suffix}"
            frame.write(main, connection)
        _write_planted(place, table, main, list(frame.columns), planted, file_format, connection)
        if file_format != "parquet":
            _write_unparseable(table, sorted(place.iterdir()), truth)
        yield table


def write_group(
    folder: Path, group: Group, file_format: FileFormat, truth: Truth, connection: duckdb.DuckDBPyConnection
) -> Iterator[str]:
    """Write another group: good rows only, one file a table; yields the name of each table written."""
    suffix = "csv" if file_format == "csv" else "parquet"
    for table, frame in tables(group):
        truth.add_rows(table, len(frame))
        if table == "calls":
            truth.add_calls(group)
        if len(frame):
            name = f"{table}_centres_from_{group.centre.first_replica + 1:05d}.{suffix}"
            frame.write(folder / table / name, connection)
        yield table


def _write_months(
    place: Path, frame: Frame, group: Group, file_format: FileFormat, truth: Truth,
    connection: duckdb.DuckDBPyConnection,
) -> Path:  # fmt: skip
    """One file of calls a month of Paris, and the late ones apart. Returns the first file that text can be
    added to."""
    days = local_days(group.legs["started"], "Europe/Paris")
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    late = late_calls(group)
    is_late = np.zeros(len(frame), dtype=np.bool_)
    is_late[late] = True
    main: Path | None = None
    # A month with no more than the calls of its first hours, those of the last night, joins the month before.
    last_month = np.datetime64(date_of(group.centre.first_day + group.centre.days - 1), "M")
    months = np.minimum(months, last_month)
    for month in np.unique(months):
        turn = int(month.astype(np.int64)) % 12
        suffix = _MONTHLY[turn] if file_format == "mixed" else file_format
        path = place / f"calls_{month}.{suffix}"
        rows = np.flatnonzero((months == month) & ~is_late)
        frame.take(rows).write(path, connection, on_paris_clock=file_format == "mixed" and turn == 9)
        if main is None or (suffix == "csv" and main.suffix != ".csv"):
            main = path
    if late.size:
        suffix = "parquet" if file_format == "parquet" else "csv"
        frame.take(late).write(place / f"late_{last_month}.{suffix}", connection)
        truth.late_rows["calls"] += int(late.size)
    if main is None:
        raise ValueError("No call was made up: ask for more legs or more days.")
    return main


def _write_planted(
    place: Path, table: str, main: Path, columns: Sequence[str], planted: Sequence[Planted],
    file_format: FileFormat, connection: duckdb.DuckDBPyConnection,
) -> None:  # fmt: skip
    """Planted rows go into the table's own file when text can be added to it, corrections into a file of
    their own."""
    by_file: dict[Path, list[Row]] = {}
    extra = "parquet" if file_format == "parquet" else "csv"
    for item in planted:
        if item.place == "corrections":
            path = place / f"corrections_{table}.{extra}"
        elif item.place == "duplicates":
            path = place / f"{table}_sent_again.{extra}"
        elif main.name.endswith((".csv", ".jsonl")):
            path = main
        else:
            path = place / f"{table}_additional.{extra}"
        by_file.setdefault(path, []).append(item.row)
    for path, rows in by_file.items():
        if path.suffix == ".parquet":
            _write_text_parquet(path, columns, rows, connection)
        elif path.suffix == ".jsonl":
            with path.open("a", encoding="utf-8") as stream:
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            is_new = not path.exists()
            with path.open("a", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                if is_new:
                    writer.writerow(columns)
                writer.writerows([row[name] for name in columns] for row in rows)


def _write_text_parquet(
    path: Path, columns: Sequence[str], rows: Sequence[Row], connection: duckdb.DuckDBPyConnection
) -> None:
    """A Parquet file of text: what does not fit the type of a column can still be in it."""
    tuples = ", ".join(
        "(" + ", ".join("null" if row[name] is None else quoted(row[name] or "") for name in columns) + ")"
        for row in rows
    )
    typed = ", ".join(f"cast({name} as varchar) as {name}" for name in columns)
    connection.execute(
        f"copy (select {typed} from (values {tuples}) as planted ({', '.join(columns)}))"
        f" to {quoted(str(path))} (format parquet, compression zstd)"
    )


def _write_unparseable(table: str, files: Sequence[Path], truth: Truth) -> None:
    """Spoil a few lines: a CSV line with too many fields, a JSON line cut short."""
    if table not in ("calls", "tickets", "leads"):
        return
    texts = [path for path in files if path.suffix == ".csv" and path.name.startswith(table)]
    lines = [path for path in files if path.suffix == ".jsonl"]
    if texts:
        with texts[0].open("r+", encoding="utf-8") as stream:
            columns = stream.readline().count(",") + 1
            stream.seek(0, os.SEEK_END)
            stream.writelines(",".join(["spilt"] * (columns + extra)) + "\n" for extra in (1, 2, 7))
        truth.add_unparseable(table, 3)
    if lines:
        with lines[0].open("a", encoding="utf-8") as stream:
            stream.writelines(['{"' + table + '": "cut sho\n', '{"started_at": "2024-05-01T08:00:00Z", \n'])
        truth.add_unparseable(table, 2)
