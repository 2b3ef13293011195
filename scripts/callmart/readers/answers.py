"""Answers as text: a table for people, CSV for spreadsheets, JSON for programs.

Texts come from raw data, so from anybody. In a terminal a control sign is shown, not obeyed; in CSV a text that a
spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Rows = Iterator[Sequence[Any]]
Writer = Callable[[Sequence[str], Rows, TextIO], None]

# Signs that do something instead of showing something: controls, directions, line ends, halves of a sign.
_ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# As published by OWASP ("CSV injection"), with the full-width forms that spreadsheets also accept.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_WIDE = 100_000  # a file or a pipe has room for any line
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def shown(text: str) -> str:
    """The text with every sign that a terminal would obey written out, as `\\x1b` or `\\u202e`."""
    return "".join(
        sign.encode("unicode_escape").decode("ascii") if unicodedata.category(sign) in _ACTING else sign
        for sign in text
    )


def write_table(columns: Sequence[str], rows: Rows, stream: TextIO, most: int = 0) -> None:
    """A table with numbers to the right; of more than `most` rows only so many (0: all), and a line that says so."""
    console = Console(
        file=stream,
        markup=False,
        emoji=False,
        highlight=False,
        width=None if stream.isatty() else _WIDE,
        legacy_windows=False,
    )
    first = list(islice(rows, most) if most else rows)
    is_cut = bool(most) and next(rows, None) is not None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        is_number = _holds_numbers(row[number] for row in first)
        table.add_column(Text(shown(name)), justify="right" if is_number else "left", overflow="fold")
    for row in first:
        table.add_row(
            *(Text("null", style="dim") if cell is None else Text(shown(as_text(cell))) for cell in row)
        )
    console.print(table)
    if is_cut:
        console.print(f"The first {most} rows; there are more.")
    else:
        console.print(f"{len(first)} row{'' if len(first) == 1 else 's'}")


def write_csv(columns: Sequence[str], rows: Rows, stream: TextIO) -> None:
    """Comma-separated values; null is an empty cell. Only texts are defused: a negative number stays a number."""
    writer = csv.writer(stream, lineterminator="\n")
    for row in chain([columns], rows):
        cells = ["" if cell is None else _defused(cell) for cell in row]
        writer.writerow([shown(cell) for cell in cells] if stream.isatty() else cells)


def write_json(columns: Sequence[str], rows: Rows, stream: TextIO) -> None:
    """A list with an object per row. Decimals are numbers with all their digits; instants are texts as ISO 8601."""
    keys = [json.dumps(name, ensure_ascii=False) for name in _distinct(columns)]
    separator = "["
    for row in rows:
        members = ", ".join(f"{key}: {_json(cell)}" for key, cell in zip(keys, row, strict=True))
        stream.write(separator + "\n" + _UNSAFE_IN_JSON.sub(_escaped, f"  {{{members}}}"))
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def as_text(cell: object) -> str:
    """A value as a person reads it; instants carry no zone: all are in UTC."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def stdout() -> TextIO:
    """Standard output, which takes every sign: what its encoding lacks is written out."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout


def _holds_numbers(cells: Iterator[object]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(
        isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) for cell in known
    )


def _defused(cell: object) -> str:
    text = as_text(cell)
    is_number = isinstance(cell, int | float | Decimal)
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def _json(cell: object) -> str:
    if isinstance(cell, Decimal) and cell.is_finite():
        return format(cell, "f")
    if isinstance(cell, float) and not math.isfinite(cell):
        return json.dumps(str(cell))
    if isinstance(cell, list | tuple):
        return f"[{', '.join(map(_json, cell))}]"
    if isinstance(cell, dict):
        return (
            f"{{{', '.join(f'{json.dumps(as_text(key))}: {_json(value)}' for key, value in cell.items())}}}"
        )
    return json.dumps(cell, ensure_ascii=False, default=as_text)


def _escaped(sign: re.Match[str]) -> str:
    return f"\\u{ord(sign[0]):04x}"


def _distinct(columns: Sequence[str]) -> list[str]:
    """The names; one that comes again gets a number, as an object has one member of a name."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names
