"""Columns held as numbers, read as text: the bridge from numpy to files, through DuckDB.

A column is a numpy array and the way to read it. DuckDB turns the numbers into text as it writes, so that no
Python string is made per row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from callmart.sample.clock import UNKNOWN, offset_at

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Column:
    """Numbers and the SQL that reads them, with `{}` for the number. `zone` shifts an instant to a local
    clock."""

    values: Array
    sql: str
    zone: str | None = None

    def take(self, rows: Array) -> Column:
        """The same column for some rows."""
        return replace(self, values=self.values[rows])


def quoted(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def ident(prefix: str, numbers: Array) -> Column:
    """An id: prefix and number; a negative number is null."""
    return Column(numbers, f"case when {{}} >= 0 then {quoted(prefix)} || {{}} end")


def word(codes: Array, words: Sequence[str]) -> Column:
    """One of a few words by its position; -1 is null."""
    return Column(codes, "[" + ", ".join(quoted(item) for item in words) + "][{} + 1]")


def constant(rows: int, value: str) -> Column:
    """The same word everywhere."""
    return word(np.zeros(rows, dtype=np.int8), [value])


def number(values: Array) -> Column:
    """A whole number; `UNKNOWN` is null."""
    return Column(values.astype(np.int64, copy=False), f"nullif({{}}, {UNKNOWN})")


def money(cents: Array) -> Column:
    """An amount in hundredths; `UNKNOWN` is null."""
    return Column(
        cents.astype(np.int64, copy=False),
        f"cast(nullif({{}}, {UNKNOWN}) as decimal(18, 2)) / 100.00::decimal(5, 2)",
    )


def flag(values: Array) -> Column:
    """1 true, 0 false, -1 null."""
    return Column(values, "case {} when 1 then true when 0 then false end")


_INSTANT = f"to_timestamp(nullif({{}}, {UNKNOWN}))"


def instant(seconds: Array) -> Column:
    """An instant; `UNKNOWN` is null. Parquet keeps an instant, the other formats a text that ends in `Z`."""
    return Column(seconds, _INSTANT)


def day(days: Array) -> Column:
    """A calendar day; `UNKNOWN` is null."""
    return Column(days, f"strftime(date '1970-01-01' + cast(nullif({{}}, {UNKNOWN}) as integer), '%Y-%m-%d')")


def phone(numbers: Array) -> Column:
    """A French telephone number from its nine digits after +33; a negative number is null."""
    return ident("+33", numbers)


@dataclass(frozen=True)
class Frame:
    """Columns of one table, of the same length."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return int(next(iter(self.columns.values())).values.size)

    def take(self, rows: Array) -> Frame:
        """The same columns for some rows, by mask or by position."""
        return Frame({name: column.take(rows) for name, column in self.columns.items()})

    def _relation(
        self, *, as_text: bool = False, on_paris_clock: bool = False
    ) -> tuple[dict[str, Array], str]:
        arrays: dict[str, Array] = {}
        parts = []
        for position, (name, column) in enumerate(self.columns.items()):
            key = f"c{position}"
            values, sql = column.values, column.sql.replace("{}", key)
            if column.sql == _INSTANT and (as_text or on_paris_clock):
                ending = "'%Y-%m-%dT%H:%M:%SZ'"
                if on_paris_clock:
                    offsets = offset_at(np.where(values == UNKNOWN, 0, values), "Europe/Paris")
                    arrays[f"o{position}"] = (offsets // 3600).astype(np.int8)
                    values = np.where(values == UNKNOWN, UNKNOWN, values + offsets)
                    ending = f"'%Y-%m-%dT%H:%M:%S') || '+0' || o{position} || (':00'"
                sql = f"strftime(make_timestamp(nullif({key}, {UNKNOWN}) * 1000000), {ending})"
            arrays[key] = np.ascontiguousarray(values)
            parts.append(f"{sql} as {name}")
        return arrays, ", ".join(parts)

    def write(
        self, path: Path, connection: duckdb.DuckDBPyConnection, *, on_paris_clock: bool = False
    ) -> None:
        """Write one file; its name says the format: .parquet, .csv, .csv.gz or .jsonl.

        Parquet holds typed numbers, booleans and instants; days are text everywhere. `on_paris_clock` writes
        the instants of a text file as Paris reads them, with their offset, instead of in UTC.
        """
        is_text = not path.name.endswith(".parquet")
        arrays, projection = self._relation(as_text=is_text, on_paris_clock=is_text and on_paris_clock)
        if not is_text:
            options = "format parquet, compression zstd, row_group_size 122880"
        elif path.name.endswith(".csv.gz"):
            options = "format csv, header, compression gzip"
        elif path.name.endswith(".csv"):
            options = "format csv, header"
        else:
            options = "format json"
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.register("frame", arrays)
        connection.execute(f"copy (select {projection} from frame) to {quoted(str(path))} ({options})")
        connection.unregister("frame")

    def rows(self, positions: Array, connection: duckdb.DuckDBPyConnection) -> list[dict[str, str | None]]:
        """A few rows as text, as a CSV file would hold them."""
        arrays, projection = self.take(positions)._relation(as_text=True)
        connection.register("frame", arrays)
        found = connection.execute(
            f"select cast(columns(*) as varchar) from (select {projection} from frame)"
        ).fetchall()
        connection.unregister("frame")
        return [dict(zip(self.columns, row, strict=True)) for row in found]
