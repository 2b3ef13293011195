"""The release that readers see, as what is taken elsewhere: its tables with their columns, comments and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from callmart.publish import SCHEMA
from callmart.releases import DATABASE, ReleaseError, current_release, release_facts
from callmart.sql_text import identifier

# Enough for a table of any size: what does not fit is put aside on disk.
_MEMORY_LIMIT = "2GB"


class SinkError(RuntimeError):
    """The release could not be taken there; the sentence says what to do."""


class BusyError(SinkError):
    """Another process writes to the same place."""


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in DuckDB, and what it means."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A public table.

    Attributes:
        name: its name.
        description: what one row is.
        rows: how many it has.
        columns: in their order.
        key: names of the columns that together tell one row from every other; empty when no key is known.
    """

    name: str
    description: str
    rows: int
    columns: Sequence[Column]
    key: Sequence[str]

    @property
    def relation(self) -> str:
        """Its name in SQL of DuckDB."""
        return f"{identifier(SCHEMA)}.{identifier(self.name)}"


@dataclass(frozen=True)
class Release:
    """A release and a connection to its file, read-only.

    Attributes:
        name: the release's name.
        facts: what `release.json` says of it.
        tables: by name.
        connection: open as long as the block of `open_current`.
    """

    name: str
    facts: Mapping[str, object]
    tables: Sequence[Table]
    connection: duckdb.DuckDBPyConnection


@contextmanager
def open_current(warehouse: Path, spill: Path | None = None) -> Iterator[Release]:
    """Open the release that readers see now; a later one does not change what is read from it.

    `spill` is where DuckDB puts aside what does not fit into memory; without it, it may not.

    Raises:
        ReleaseError: nothing is published, or the release cannot be read.
    """
    name = current_release(warehouse)
    if name is None:
        raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
    facts = release_facts(warehouse, name)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY_LIMIT,
        "temp_directory": str(spill) if spill else "",
    }
    try:
        connection = duckdb.connect(
            str(warehouse / "releases" / name / DATABASE), read_only=True, config=config
        )
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise ReleaseError(f"The release {name} cannot be read, publish again: {reason}") from error
    with connection:
        connection.execute("set enable_progress_bar = false")
        yield Release(name, facts, _tables(connection, facts), connection)


def _tables(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, object]) -> list[Table]:
    columns: dict[str, list[Column]] = {}
    for table, column, kind, comment in connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " where schema_name = ? and not internal order by table_name, column_index",
        [SCHEMA],
    ).fetchall():
        columns.setdefault(table, []).append(Column(column, kind, comment))
    described = connection.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ? order by table_name",
        [SCHEMA],
    ).fetchall()
    keys, rows = facts.get("keys"), facts.get("rows")
    if not isinstance(rows, dict) or not isinstance(keys, dict):
        raise ReleaseError(
            "The release does not say the keys of its tables, as it is of an earlier version: "
            "build with --full-refresh."
        )
    return [
        Table(name, comment, rows[name], columns[name], keys.get(name, ())) for name, comment in described
    ]
