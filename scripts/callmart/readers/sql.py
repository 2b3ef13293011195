"""Questions in SQL to the published release: one from the command line, a file of them, or a dialogue.

Exit codes: 0 answered; 1 a statement failed or was refused, or nothing is published; 2 the command line is wrong;
130 stopped from the keyboard.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import duckdb

from callmart.paths import warehouse_folder
from callmart.readers.answers import Rows, Writer, shown, stdout, write_csv, write_json, write_table
from callmart.readers.dialogue import Dialogue
from callmart.readers.session import RefusedError, Session, first_sentence
from callmart.releases import ReleaseError

ANSWERED, FAILED, MISUSED, STOPPED, UNHEARD = 0, 1, 2, 130, 141
_MOST_ROWS = 200
_BATCH = 2_000
_REFERENCE = re.compile(r"\{\{\s*ref\(\s*(['\"])(\w+)\1\s*\)\s*\}\}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/sql`; return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.sql is not None and options.file is not None:
        parser.error("give a statement or -f FILE, not both")
    if options.rows < 0:
        parser.error("--rows takes a whole number of at least 0")
    try:
        with Session(warehouse_folder()) as session:
            write = _writer(options)
            if options.sql is None and options.file is None and sys.stdin.isatty():
                Dialogue(session, partial(_answer_all, write=write)).run()
                return ANSWERED
            _answer_all(session, _text(options), write)
            return ANSWERED
    except (ReleaseError, RefusedError, duckdb.Error, OSError, UnicodeDecodeError) as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return UNHEARD
        print(f"sql: {shown(first_sentence(error))}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("sql: Stopped from the keyboard.", file=sys.stderr)
        return STOPPED


def rendered(sql: str) -> str:
    """The text of an analysis with `{{ ref('table') }}` as the table's name in the release; other SQL as it is.

    Raises:
        RefusedError: it holds Jinja of another kind, which only dbt can render.
    """
    text = _REFERENCE.sub(r"marts.\2", sql)
    if "{{" in text and "}}" in text:
        raise RefusedError(
            "The file holds Jinja other than ref(): compile it with dbt and run what it writes."
        )
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/sql",
        description="Answers SQL from the published release, read-only. Without a statement: a dialogue.",
    )
    parser.add_argument("sql", nargs="?", metavar="SQL", help="statements; tables are in the schema marts")
    parser.add_argument(
        "-f", "--file", metavar="FILE", help="read the statements from a file ('-': standard input)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="the last statement's answer as CSV")
    form.add_argument("--json", action="store_true", help="the last statement's answer as JSON")
    parser.add_argument(
        "--rows",
        type=int,
        default=_MOST_ROWS,
        metavar="N",
        help="rows of a table to show (%(default)s; 0: all)",
    )
    return parser


def _writer(options: argparse.Namespace) -> Writer:
    if options.csv:
        return write_csv
    if options.json:
        return write_json
    return partial(write_table, most=options.rows)


def _text(options: argparse.Namespace) -> str:
    if options.sql is not None:
        return str(options.sql)
    if options.file in (None, "-"):
        return rendered(sys.stdin.read())
    return rendered(Path(options.file).read_text(encoding="utf-8-sig"))


def _answer_all(session: Session, sql: str, write: Writer) -> None:
    """Run every statement; write each answer, or the last one only where a second would spoil the first."""
    statements = session.statements(sql)
    for number, statement in enumerate(statements, start=1):
        answer = session.ask(statement)
        is_wanted = number == len(statements) or write not in (write_csv, write_json)
        if answer.description and is_wanted and _gives_rows(statement):
            write([column[0] for column in answer.description], _rows(answer), stdout())
    sys.stdout.flush()


def _gives_rows(statement: duckdb.Statement) -> bool:
    return statement.type.name in ("SELECT", "EXPLAIN")


def _rows(answer: duckdb.DuckDBPyConnection) -> Rows:
    while batch := answer.fetchmany(_BATCH):
        yield from batch


if __name__ == "__main__":
    sys.exit(main())
