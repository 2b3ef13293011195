"""Raw files to rows of text.

Which files are read, in which formats, and what a line its format cannot parse is.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".parquet")


@dataclass(frozen=True)
class RawRow:
    """One landed row: where it is, and its columns as text. `values` is None for an unparseable line."""

    path: str
    number: int
    values: dict[str, str | None] | None


def raw_files(raw: Path, table: str) -> list[Path]:
    """The files of a table, any sub-folder, in byte order of their relative path.

    `_` and `.` names are ignored.
    """
    folder = raw / table
    found = []
    for path in folder.rglob("*") if folder.is_dir() else ():
        parts = path.relative_to(raw).parts
        hidden = any(part.startswith(("_", ".")) for part in parts)
        if not hidden and path.is_file() and path.name.endswith(SUFFIXES):
            found.append(path)
    return sorted(found, key=lambda path: path.relative_to(raw).as_posix().encode())


def read_table(raw: Path, table: str) -> list[RawRow]:
    """Every landed row of a table. A half-written, empty or unreadable file is skipped whole."""
    rows: list[RawRow] = []
    for path in raw_files(raw, table):
        relative = path.relative_to(raw).as_posix()
        try:
            records = list(read_file(path))
        except (OSError, EOFError, UnicodeDecodeError, duckdb.Error):
            continue
        rows.extend(RawRow(relative, number, values) for number, values in enumerate(records, start=1))
    return rows


def read_file(path: Path) -> Iterator[dict[str, str | None] | None]:
    if path.name.endswith(".parquet"):
        return read_parquet(path)
    opened = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    text = opened.decode("utf-8-sig")
    return read_jsonl(text) if path.name.endswith(".jsonl") else read_csv(text)


def read_csv(text: str) -> Iterator[dict[str, str | None] | None]:
    """RFC 4180.

    A record whose quoting is broken or whose number of fields is not the header's cannot be parsed.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
            continue
        if not fields:
            continue
        if header is None:
            header = [column_name(field) for field in fields]
        elif len(fields) != len(header):
            yield None
        else:
            yield dict(zip(header, fields, strict=True))


def read_jsonl(text: str) -> Iterator[dict[str, str | None] | None]:
    """One object a line; anything else on a line that is not blank cannot be parsed."""
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_int=str, parse_float=str)
        except ValueError:
            yield None
            continue
        if isinstance(record, dict):
            yield {column_name(name): json_text(value) for name, value in record.items()}
        else:
            yield None


def read_parquet(path: Path) -> Iterator[dict[str, str | None] | None]:
    """Values as text; a Parquet instant with a zone is written in UTC with its offset."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        cursor = connection.execute("select cast(columns(*) as varchar) from read_parquet(?)", [str(path)])
        names = [column_name(column[0]) for column in cursor.description or ()]
        for values in cursor.fetchall():
            yield dict(zip(names, values, strict=True))


def column_name(text: str) -> str:
    return text.strip().lower()


def json_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
