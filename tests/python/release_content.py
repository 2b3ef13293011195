"""What a release says, row by row: for tests that hold one against another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

Content = dict[str, list[tuple[Any, ...]]]


def content(database: Path) -> Content:
    """Every row of every public table, in an order that depends on nothing but the rows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
        return rows_of_marts(connection, [name for (name,) in names])


def rows_of_marts(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> Content:
    """The same of some tables of an open database."""
    return {name: connection.execute(f"select * from marts.{name} order by all").fetchall() for name in names}
