"""How much memory DuckDB takes. Unlimited, it keeps what it read in 80 % of the machine's."""

from __future__ import annotations

import os

import duckdb

from callmart.sql_text import literal


def memory_limit() -> str:
    """`CALLMART_MEMORY`, or 6 GB, as in profiles.yml. What does not fit is put aside on disk."""
    return os.environ.get("CALLMART_MEMORY") or "6GB"


def limit_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep a connection that reads big tables within that.

    Raises:
        duckdb.Error: `CALLMART_MEMORY` is no amount of memory.
    """
    connection.execute(f"set memory_limit = {literal(memory_limit())}")
