"""A session on the published release that can read it, and can do nothing else.

`read_only` alone is no sandbox: SQL could still read any file, write elsewhere, install extensions or lift its own
limits. The session is closed to all of that before the first statement, and its configuration is locked.
"""

from __future__ import annotations

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from callmart.releases import DATABASE, ReleaseError, current_release

SCHEMA = "marts"
MEMORY = "2GB"
SPILL = "8GB"
THREADS = 2
# What a question may be; the file itself is read-only, so these can only make temporary tables.
_ALLOWED = frozenset({"SELECT", "EXPLAIN", "CREATE", "DROP", "INSERT", "SET"})
# Functions that act on the process instead of on data: they write logs to its output or to files, take addresses of
# memory, or run SQL put together at run time, in which the names of the others could hide.
_ACTS_ON_THE_PROCESS = re.compile(
    r"\b(?:(?:enable|disable)_(?:logging|profiling|profile)|truncate_duckdb_logs|write_log|arrow_scan(?:_dumb)?"
    r"|pandas_scan|seq_scan|python_map_function|json_execute_serialized_sql|query_table)\b"
    r"|\bquery\b\"?(?:\s|--[^\n]*\n|/\*.*?\*/)*\(",
    re.IGNORECASE | re.DOTALL,
)


class RefusedError(ValueError):
    """A statement that is no question; the sentence says what the session is for."""


class Session:
    """An open release. Close it, or use it in a `with`: the folder for what does not fit into memory goes then.

    Attributes:
        release: the name of the release, which stays the same however often `current` is switched.
    """

    def __init__(self, warehouse: Path) -> None:
        """Open the release that `current` leads to.

        Raises:
            ReleaseError: nothing is published, or the release cannot be opened.
        """
        self.warehouse = warehouse
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._scratch = tempfile.TemporaryDirectory(prefix="callmart-sql-")
        try:
            self.release, self._connection = self._open()
        except BaseException:
            self._scratch.cleanup()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        self._worker.shutdown()
        self._connection.close()
        self._scratch.cleanup()

    def reopen(self) -> None:
        """Go over to the release that `current` leads to now; when that fails the one before stays open.

        Raises:
            ReleaseError: it cannot be opened.
        """
        release, connection = self._open()
        self._connection.close()
        self.release, self._connection = release, connection

    def statements(self, sql: str) -> list[duckdb.Statement]:
        """The statements of a text.

        Raises:
            duckdb.Error: it is no SQL.
        """
        return self._connection.extract_statements(sql)

    def ask(self, statement: duckdb.Statement) -> duckdb.DuckDBPyConnection:
        """Run a statement; what comes back has its columns and rows.

        Raises:
            RefusedError: it is no question.
            duckdb.Error: it cannot be answered.
            KeyboardInterrupt: Ctrl-C came; the session goes on.
        """
        if statement.type.name not in _ALLOWED:
            raise RefusedError(
                f"{statement.type.name} is refused: this session answers questions about the release, and changes"
                " nothing."
            )
        acting = _ACTS_ON_THE_PROCESS.search(statement.query)
        if acting:
            raise RefusedError(
                f"{' '.join(acting[0].split())!r} is refused: it acts on the session, not on the release."
            )
        # In a thread of its own, because DuckDB does not always look up from its work when Ctrl-C comes.
        running = self._worker.submit(self._connection.execute, statement)
        try:
            return running.result()
        except KeyboardInterrupt:
            while not running.done():
                self._connection.interrupt()
                wait([running], timeout=0.1)
            raise

    def newer_release(self) -> str | None:
        """The release that `current` leads to now, when it is another one; None when it is not or cannot be told."""
        try:
            name = current_release(self.warehouse)
        except (ReleaseError, OSError):
            return None
        return name if name != self.release else None

    def _open(self) -> tuple[str, duckdb.DuckDBPyConnection]:
        before: str | None = None
        while True:
            name = current_release(self.warehouse)
            if name is None:
                raise ReleaseError(f"Nothing is published in {self.warehouse}: run scripts/build first.")
            database = self.warehouse / "releases" / name / DATABASE
            try:
                return name, self._connect(database)
            except (duckdb.Error, OSError) as error:
                # Between the two steps builds may have passed it by and deleted it.
                if name == before or database.exists():
                    raise ReleaseError(
                        f"The release {name} cannot be opened: {first_sentence(error)}"
                    ) from error
                before = name

    def _connect(self, database: Path) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            str(database),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "python_enable_replacements": "false",
                "memory_limit": MEMORY,
                "max_temp_directory_size": SPILL,
                "temp_directory": self._scratch.name,
                "threads": str(THREADS),
            },
        )
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set schema = '{SCHEMA}'")
        connection.execute("set lock_configuration = true")
        return connection


def first_sentence(error: BaseException) -> str:
    """What an error says, without the lines that point into the statement."""
    paragraph = str(error).strip().partition("\n\n")[0]
    return " ".join(paragraph.split()) or type(error).__name__
