"""Releases of a few rows, for the tests of what is done with one."""

from __future__ import annotations

from pathlib import Path

import duckdb

from callmart.publish import PublicTable, publish

HOSTILE_NAME = """it's "a" name; drop table x; --"""
HOSTILE_TEXTS = [
    "",
    "\\.",
    "\\N",
    "NULL",
    "a\n\\.\nb",
    "'; drop schema marts cascade; --",
    '"quoted", and "" twice',
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    " blanks ",
    "tab\tcarriage\r\nreturn",
    "%s $1 {0} \\x41",
    "é 漢 🎧 ‮",
    "=1+1",
]


def publish_release(
    warehouse: Path, statements: str, key: tuple[str, ...] = ("call_id",), **tables: list[str]
) -> None:
    """Publish what the statements make: `tables` names the columns of each."""
    work_file = warehouse / "work" / "callmart.duckdb"
    work_file.parent.mkdir(parents=True, exist_ok=True)
    work_file.unlink(missing_ok=True)
    with duckdb.connect(str(work_file)) as connection:
        connection.execute("create schema marts; use marts;" + statements)
    declared = [
        PublicTable(
            schema="marts",
            name=name,
            description=f"One row per call; it's {name}.",
            columns=[(column, f"The column's {column}: 100 % \\ 'quoted'.") for column in columns],
            key=key,
        )
        for name, columns in tables.items()
    ]
    publish(work_file, warehouse, declared, {"as_of": "2024-06-30", "is_sample": True})
