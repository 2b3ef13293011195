"""The part of `docs/raw_contract.md` that lists the raw tables, written from the contract itself.

`python -m callmart.contract_page --write` writes it between the two marks in the page, `--check` tells
whether that page is up to date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from callmart.contract import Column, Contract, ContractError, Table, read_contract
from callmart.paths import PROJECT

PAGE = PROJECT / "docs" / "raw_contract.md"
BEGIN = "<!-- Written by `python -m callmart.contract_page --write` from _raw__sources.yml. -->"
END = "<!-- End of what is written. -->"

_TYPES = {
    "text": "text",
    "instant": "instant",
    "date": "day",
    "seconds": "seconds",
    "integer": "whole number",
    "decimal": "decimal",
    "boolean": "boolean",
    "timezone": "time zone",
}
_COLUMN_HEAD = ("| column | type | rule | meaning |", "|---|---|---|---|")


class PageError(ValueError):
    """The page cannot be written; the message says what to correct."""


def tables_text(contract: Contract) -> str:
    """The Markdown of all tables: an overview, the columns common to all, then a section for each."""
    tables = list(contract.tables.values())
    common = _common_columns(tables)
    lines = ["| table | one row | key |", "|---|---|---|"]
    lines += [_row(_link(table), _first_sentence(table.description), _names(table.key)) for table in tables]
    if common:
        lines += ["", "Every table may also carry:", "", *_COLUMN_HEAD]
        lines += [_column_row(column, ()) for column in common]
    for table in tables:
        lines += ["", *_section(table, common)]
    return "\n".join(lines) + "\n"


def page_with(page: str, text: str) -> str:
    """The page with this text between its two marks.

    Raises:
        PageError: the marks are missing, doubled or in the wrong order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise PageError(
            f"Put the lines {BEGIN} and {END} into docs/raw_contract.md, once each, in this order."
        )
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def _common_columns(tables: Sequence[Table]) -> tuple[Column, ...]:
    """The columns that every one of several tables has, word for word."""
    if len(tables) < 2:
        return ()
    return tuple(
        column for column in tables[0].columns if all(column in table.columns for table in tables[1:])
    )


def _section(table: Table, common: Sequence[Column]) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    yield table.description
    yield ""
    yield f"Key: {_names(table.key)}."
    if table.in_order:
        pairs = "; ".join(f"`{later}` not before `{earlier}`" for earlier, later in table.in_order)
        yield ""
        yield f"Where both are known: {pairs}."
    yield ""
    yield from _COLUMN_HEAD
    for column in table.columns:
        if column not in common:
            yield _column_row(column, table.key)


def _column_row(column: Column, key: Sequence[str]) -> str:
    return _row(f"`{column.name}`", _TYPES[column.type], "; ".join(_rules(column, key)), column.description)


def _rules(column: Column, key: Sequence[str]) -> Iterator[str]:
    """What a value must be, and what is kept of it."""
    if column.name in key:
        yield "key" if column.required else "key, may be empty"
    elif column.required:
        yield "required"
    if column.allowed:
        yield "one of " + ", ".join(f"`{value}`" for value in column.allowed)
    if column.non_negative:
        yield "not negative"
    if column.is_event:
        yield "not in the future"
    if column.personal in ("phone", "key"):
        yield f"kept as a keyed hash, `{column.name}_hash`"
    if column.personal == "presence":
        yield f"kept as yes or no, `has_{column.name}`"
    if column.personal == "drop":
        yield "not kept"


def _link(table: Table) -> str:
    return f"[{table.name}](#{table.name})" + (" (required)" if table.required else "")


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: Sequence[str] | None = None, page: Path = PAGE) -> int:
    """Run `python -m callmart.contract_page --write | --check`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m callmart.contract_page", description="The tables in docs/raw_contract.md."
    )
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write them")
    choice.add_argument("--check", action="store_true", help="fail when they are not up to date")
    options = parser.parse_args(arguments)
    try:
        text = page.read_text(encoding="utf-8")
        expected = page_with(text, tables_text(read_contract()))
    except (OSError, ContractError, PageError) as error:
        print(f"contract_page: {error}", file=sys.stderr)
        return 1
    if options.write:
        page.write_text(expected, encoding="utf-8")
        return 0
    if text != expected:
        print(
            f"contract_page: {page.name} is not up to date: run python -m callmart.contract_page --write.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
