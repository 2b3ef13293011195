"""Pieces of SQL for reading files whose names and columns anyone may have chosen: everything is quoted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

LINE_BYTES = 2_000_000  # DuckDB's own limit for a line of text


def literal(text: str) -> str:
    """The text as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    """The text as the name of a column or table."""
    return '"' + text.replace('"', '""') + '"'


def timestamp(instant: datetime) -> str:
    """A UTC instant as a timestamp."""
    return f"timestamp '{instant:%Y-%m-%d %H:%M:%S.%f}'"


def only_path(path: Path) -> str:
    """A pattern of file names, as a string of SQL, that only this path matches."""
    return literal("".join(f"[{character}]" if character in "*?[" else character for character in str(path)))


def json_object(members: Mapping[str, str]) -> str:
    """JSON object, as text, of those members (label -> SQL text) that are not null; null when none is."""
    if not members:
        return "null::varchar"
    pairs = ", ".join(f"{literal(label)}, {value}" for label, value in members.items())
    return f"nullif(cast(json_merge_patch('{{}}', json_object({pairs})) as varchar), '{{}}')"


def field(position: int) -> str:
    """Name that `read_csv` and `read_clean` give to the field of a record at the position, from 0."""
    return f"c{position}"


def read_csv(path: Path, width: int, **options: str | bool) -> str:
    """Call of DuckDB's reader for records of so many fields, all text, that guesses nothing."""
    columns = ", ".join(f"'{field(position)}': 'VARCHAR'" for position in range(width))
    return _read_csv(path, columns, {"quote": '"', "escape": '"', **options})


def read_clean(path: Path, width: int, longest_bytes: int) -> str:
    """Call of DuckDB's reader for a `CleanFile`: the record's number as `_record`, then so many fields."""
    columns = ", ".join(
        ["'_record': 'BIGINT'", *(f"'{field(position)}': 'VARCHAR'" for position in range(width))]
    )
    limit = max(LINE_BYTES, longest_bytes + 1)
    options: dict[str, str | bool | int] = {"delim": ",", "quote": '"', "escape": '"', "header": False}
    # Else DuckDB takes the first line end it meets, be it inside a field, for that of the records.
    options |= {"new_line": "\\n", "parallel": False, "max_line_size": limit}
    return _read_csv(path, columns, options)


def _read_csv(path: Path, columns: str, options: Mapping[str, str | bool | int]) -> str:
    settings = "".join(
        f", {name} = {literal(value) if isinstance(value, str) else value}" for name, value in options.items()
    )
    return (
        f"read_csv({only_path(path)}, auto_detect = false, strict_mode = true, hive_partitioning = false,"
        f" columns = {{{columns}}}{settings})"
    )
