"""The dialogue of `scripts/sql`: statements over several lines, tables by name, and a way out of a long query."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import duckdb

from callmart.readers.answers import shown, stdout, write_table
from callmart.readers.session import SCHEMA, RefusedError, Session, first_sentence
from callmart.releases import ReleaseError
from callmart.sql_text import literal

# Some Pythons are built without it: lines are then read as they come.
_lines: ModuleType | None = import_module("readline") if find_spec("readline") else None

_PROMPT, _GOES_ON = "callmart> ", "     ...> "
_HELP = """\
Statements end with a semicolon and may go over several lines. Ctrl-C stops a query, Ctrl-D ends the dialogue.
  .tables [TEXT]     the tables, or those whose name holds the text
  .describe TABLE    its columns, with what they mean
  .reopen            open the release that readers see now
  .quit              end"""

Answer = Callable[[Session, str], None]


class Dialogue:
    """A dialogue on standard input and output, over a session that it may open anew."""

    def __init__(self, session: Session, answer: Answer) -> None:
        self._session = session
        self._answer = answer
        self._told: str | None = None
        self._pending = ""

    def run(self) -> None:
        """Answer until the input ends."""
        self._set_up_lines()
        print(f"Release {self._session.release}. .help says what there is besides SQL; .quit ends.")
        while True:
            try:
                if not self._turn():
                    return
            except KeyboardInterrupt:
                self._pending = ""
                print("\nStopped.", file=sys.stderr)

    def _turn(self) -> bool:
        """Read a line and do what it completes; False at the end of the dialogue."""
        try:
            line = input(_GOES_ON if self._pending else _PROMPT)
        except EOFError:
            print()
            return False
        if self._pending or (line.strip() and not line.lstrip().startswith(".")):
            self._pending += line + "\n"
            if sqlite3.complete_statement(self._pending):
                text, self._pending = self._pending, ""
                self._guarded(self._ask, text)
        elif line.strip() in (".quit", ".exit"):
            return False
        else:
            self._guarded(self._command, line)
        return True

    def _guarded(self, act: Callable[[str], None], text: str) -> None:
        """Do it; an error ends this one thing and not the dialogue."""
        try:
            act(text)
        except (duckdb.Error, RefusedError, ReleaseError, OSError) as error:
            print(shown(first_sentence(error)), file=sys.stderr)

    def _ask(self, text: str) -> None:
        newer = self._session.newer_release()
        if newer is not None and newer != self._told:
            print(
                f"Readers now see the release {newer}; this is {self._session.release}. .reopen opens the other."
            )
            self._told = newer
        self._answer(self._session, text)

    def _command(self, line: str) -> None:
        match line.split():
            case []:
                return
            case [".help"]:
                print(_HELP)
            case [".tables", *part] if len(part) < 2:
                self._show(
                    "select table_name, estimated_size as row_count, split_part(comment, chr(10), 1) as meaning"
                    f" from duckdb_tables() where schema_name = '{SCHEMA}'"
                    f" and contains(table_name, {literal(''.join(part))}) order by table_name"
                )
            case [".describe", table]:
                name = table.removeprefix(f"{SCHEMA}.").rstrip(";")
                self._show(
                    "select column_name, data_type, comment as meaning from duckdb_columns()"
                    f" where schema_name = '{SCHEMA}' and table_name = {literal(name)} order by column_index"
                )
            case [".reopen"]:
                self._reopen()
            case words:
                print(f"{shown(' '.join(words))!r} is no command: .help lists them.", file=sys.stderr)

    def _show(self, sql: str) -> None:
        answer = self._session.ask(self._session.statements(sql)[0])
        columns = [column[0] for column in answer.description or []]
        write_table(columns, iter(answer.fetchall()), stdout())

    def _reopen(self) -> None:
        self._session.reopen()
        self._told = None
        print(f"Release {self._session.release}.")

    def _set_up_lines(self) -> None:
        if _lines is None:
            return
        found = self._session.ask(
            self._session.statements(
                f"select table_name from duckdb_tables() where schema_name = '{SCHEMA}'"
                f" union select column_name from duckdb_columns() where schema_name = '{SCHEMA}'"
                " union select * from (values ('.tables'), ('.describe'), ('.reopen'), ('.help'), ('.quit'))"
            )[0]
        )
        names = sorted(str(name) for (name,) in found.fetchall())

        def complete(start: str, number: int) -> str | None:
            fitting = [name for name in names if name.startswith(start)]
            return fitting[number] if number < len(fitting) else None

        _lines.set_completer(complete)
        _lines.set_completer_delims(" \t\n,();=<>'\"")
        _lines.parse_and_bind("tab: complete")
