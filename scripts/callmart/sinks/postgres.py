"""Load the release that readers see into a PostgreSQL database, behind the backs of its readers.

The tables are made in a schema `marts_next`. When all of them are complete, and nobody reads the old ones, the
schema takes the place of `marts`. All of it is one transaction: whatever fails, the database is as it was.

Exit codes: 0 loaded; 1 it failed, and `marts` is as it was; 2 the command line is wrong; 75 another load is under way.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from callmart.paths import warehouse_folder
from callmart.progress import Progress
from callmart.publish import SCHEMA
from callmart.releases import ReleaseError
from callmart.sinks.source import BusyError, Column, Release, SinkError, Table, open_current
from callmart.sql_text import identifier

NEXT = f"{SCHEMA}_next"
DEFAULT_READER = "callmart_reader"
DEFAULT_WAIT_SECONDS = 300
LOADED, FAILED, BUSY = 0, 1, 75

# A schema with this comment was made here, and may be replaced.
_MARK = "callmart release "
# "callmart", as a number: who holds this lock loads.
_LOCK = int.from_bytes(b"callmart", "big")
# Instants stay without a zone, as in the release: a query gives the same answer whatever the zone of the session.
_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
# PostgreSQL's text holds every character but this one.
_NUL, _SHOWN_NUL = "chr(0)", "chr(65533)"
_LONGEST_NAME = 63
_BLOCK = 1 << 20
# Shorter than the second after which PostgreSQL looks for deadlocks: it might choose a reader to end.
_LOCK_TIMEOUT = "200ms"
_PAUSE_SECONDS = 0.3


def load(
    release: Release,
    uri: str,
    reader: str = DEFAULT_READER,
    wait_seconds: float = DEFAULT_WAIT_SECONDS,
    progress: Progress | None = None,
) -> None:
    """Put the tables of a release in the place of the schema `marts` of a database, with comments, keys and grants.

    `reader` is the role that may read them, made when it is missing. The place is taken when no transaction reads
    the old tables; `wait_seconds` is how long to wait for that.

    Raises:
        BusyError: another process loads into the same database.
        SinkError: anything else that fails; the database is as it was.
    """
    progress = progress or Progress()
    given = _connection_settings(uri)
    try:
        with psycopg.connect(
            uri, client_encoding="utf8", application_name="callmart publish", prepare_threshold=None
        ) as connection:
            progress.step("Looking at the database")
            _prepare(connection, reader)
            progress.step("Loading")
            for table in release.tables:
                progress.detail(table.name)
                _load_table(connection, release, table)
            connection.execute(_grants(reader))
            progress.step(f"Taking the place of {SCHEMA}")
            _swap(connection, release, wait_seconds)
    except psycopg.Error as error:
        raise SinkError(_sentence(error, given.get("password"))) from None
    except duckdb.Error as error:
        raise SinkError(f"The release {release.name} cannot be read: {_first_line(error)}") from error


# The database


def _connection_settings(uri: str) -> dict[str, str]:
    """What the URI says. libpq's own sentences about a wrong one repeat it, with the password."""
    if not uri.startswith(("postgresql://", "postgres://")):
        raise SinkError(
            "Only databases of PostgreSQL are known: name one as postgresql://user@host:5432/database."
        )
    try:
        settings = {name: str(value) for name, value in conninfo_to_dict(uri).items()}
    except psycopg.ProgrammingError:
        settings = {}
    if not settings or "@" in settings.get("host", ""):
        raise SinkError(
            "The URI of the database is malformed: it reads postgresql://user@host:5432/database, with every "
            "special character of a name or password as % and two digits (@ is %40)."
        )
    return settings


def _prepare(connection: psycopg.Connection, reader: str) -> None:
    """Begin the transaction: look whether the load can succeed, keep others out, make the schema."""
    if connection.info.server_version < 140000:
        raise SinkError(
            f"PostgreSQL 14 or newer is needed, this is {connection.info.server_version // 10000}."
        )
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise SinkError(
            "The database's encoding must be UTF8: make it with `create database ... encoding 'UTF8'`."
        )
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
        connection.execute(sql.SQL("set local {} = 0").format(sql.Identifier(setting)))
    # Whatever the user of this connection has changed, values are read as DuckDB writes them.
    connection.execute("set local datestyle = 'ISO, YMD'")
    connection.execute("set local standard_conforming_strings = on")
    if not _value(connection, "select pg_try_advisory_xact_lock(%s)", _LOCK):
        raise BusyError("Another process loads a release into this database: wait until it ends.")
    _check_schema(connection)
    _ensure_reader(connection, reader)
    if _value(connection, "select to_regnamespace(%s) is not null", NEXT):
        raise SinkError(f"The database has a schema {NEXT}, which no load leaves behind: rename or drop it.")
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(NEXT)))


def _check_schema(connection: psycopg.Connection) -> None:
    """Refuse to replace what was not made here."""
    found = connection.execute(
        "select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = %s",
        [SCHEMA],
    ).fetchone()
    if found is None:
        return
    if not found[0].startswith(_MARK):
        raise SinkError(
            f"The database has a schema {SCHEMA} that is not of callmart: rename it, or load into another database."
        )
    strange = connection.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind not in ('i', 't')"
        " and (relkind <> 'r' or obj_description(oid, 'pg_class') is null) order by relname",
        [SCHEMA],
    ).fetchall()
    if strange:
        raise SinkError(
            f"The schema {SCHEMA} holds {', '.join(name for (name,) in strange)}, which is not of callmart and would "
            "be lost: move it to another schema."
        )


def _ensure_reader(connection: psycopg.Connection, reader: str) -> None:
    if _value(connection, "select count(*) > 0 from pg_roles where rolname = %s", reader):
        return
    if not _value(connection, "select rolcreaterole or rolsuper from pg_roles where rolname = current_user"):
        raise SinkError(
            f"There is no role {reader}, and this user may not make one: have it made with `create role {reader} "
            "nologin`, or name another with --reader."
        )
    connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(reader)))


def _value(connection: psycopg.Connection, query: str, *parameters: object) -> object:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None


# A table


def _load_table(connection: psycopg.Connection, release: Release, table: Table) -> None:
    target = sql.Identifier(NEXT, table.name)
    # Never written again: nothing to vacuum, and a vacuum would keep the next load waiting.
    connection.execute(
        sql.SQL(
            "create table {} ({}) with (autovacuum_enabled = off, toast.autovacuum_enabled = off)"
        ).format(target, sql.SQL(", ").join(_column(table, column) for column in table.columns))
    )
    loaded = _copy(connection, release.connection, table, target)
    if loaded != table.rows:
        raise SinkError(f"{table.name} has {table.rows} rows, and {loaded} arrived: load again.")
    if table.key:
        key = sql.SQL(", ").join(map(sql.Identifier, table.key))
        connection.execute(sql.SQL("alter table {} add primary key ({})").format(target, key))
    for column in table.columns:
        if column.type == "DATE" and column.name != next(iter(table.key), None):
            connection.execute(sql.SQL("create index on {} ({})").format(target, sql.Identifier(column.name)))
    connection.execute(_comment("table", target, table.description))
    for column in table.columns:
        of = sql.Identifier(NEXT, table.name, column.name)
        connection.execute(_comment("column", of, column.description))
    connection.execute(sql.SQL("analyze {}").format(target))


def _column(table: Table, column: Column) -> sql.Composed:
    for name in (table.name, column.name):
        if len(name.encode()) > _LONGEST_NAME:
            raise SinkError(
                f"The name {name} is longer than the {_LONGEST_NAME} bytes that PostgreSQL takes."
            )
    return sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(_postgres_type(table, column)))


def _postgres_type(table: Table, column: Column) -> str:
    decimal = _DECIMAL.fullmatch(column.type)
    if decimal:
        return f"numeric({decimal[1]},{decimal[2]})"
    if column.type not in _TYPES:
        raise SinkError(f"{table.name}.{column.name} is of type {column.type}, which is not known here.")
    return _TYPES[column.type]


def _comment(kind: str, of: sql.Identifier, text: str) -> sql.Composed:
    return sql.SQL("comment on {} {} is {}").format(
        sql.SQL(kind), of, sql.Literal(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    )


def _copy(
    connection: psycopg.Connection,
    source: duckdb.DuckDBPyConnection,
    table: Table,
    target: sql.Identifier,
) -> int:
    """Copy the rows as CSV from a pipe into which DuckDB writes; return how many arrived.

    Every text that is not null is quoted, so that an empty one is told from null, and `\\.` from the end.
    """
    # Frozen, they are visible to every transaction at once, also to one that has begun before: otherwise that one would
    # find the new tables empty.
    statement = sql.SQL("copy {} from stdin (format csv, freeze)").format(target)
    with connection.cursor() as cursor:
        with _written_by(source, table) as blocks, cursor.copy(statement) as copy:
            for block in blocks:
                copy.write(block)
        return cursor.rowcount


@contextmanager
def _written_by(source: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Iterator[bytes]]:
    """The rows of a table as CSV, in blocks, while DuckDB writes them in a thread of its own."""
    texts = [identifier(column.name) for column in table.columns if column.type == "VARCHAR"]
    values = ", ".join(f"replace({name}, {_NUL}, {_SHOWN_NUL}) as {name}" for name in texts)
    query = f"select *{f' replace ({values})' if texts else ''} from {table.relation}"
    quoted = f", force_quote ({', '.join(texts)})" if texts else ""
    reading, writing = os.pipe()
    failures: list[duckdb.Error] = []

    def write() -> None:
        try:
            with source.cursor() as cursor:
                cursor.execute(
                    f"copy ({query}) to '/dev/fd/{writing}' (format csv, header false, use_tmp_file false{quoted})"
                )
        except duckdb.Error as error:
            failures.append(error)
        finally:
            os.close(writing)

    def blocks() -> Iterator[bytes]:
        while block := os.read(reading, _BLOCK):
            yield block
        if failures:  # what came so far is not the whole table
            raise failures[0]

    writer = threading.Thread(target=write, name=f"writing {table.name}")
    writer.start()
    try:
        yield blocks()
    finally:
        os.close(reading)  # ends a writer whose rows nobody wants any more
        writer.join()


# The change


def _grants(reader: str) -> sql.Composed:
    return sql.SQL(
        "grant usage on schema {0} to {1}; grant select on all tables in schema {0} to {1}"
    ).format(sql.Identifier(NEXT), sql.Identifier(reader))


def _swap(connection: psycopg.Connection, release: Release, wait_seconds: float) -> None:
    """Put the new schema in the place of the old one at a moment when no transaction reads a table of it.

    A transaction that has read one old table sees only old ones until it ends; one that has not, only new ones.
    """
    until = time.monotonic() + wait_seconds
    while not _dropped(connection):
        if time.monotonic() > until:
            raise SinkError(
                f"Some transaction reads {SCHEMA} since more than {wait_seconds:.0f} s: end it (pg_stat_activity shows "
                "it), or give more time with --wait."
            )
        time.sleep(_PAUSE_SECONDS)
    connection.execute(
        sql.SQL("alter schema {} rename to {}").format(sql.Identifier(NEXT), sql.Identifier(SCHEMA))
    )
    made_up = " (made-up sample data)" if release.facts.get("is_sample") else ""
    told = f"{_MARK}{release.name}, data as of {release.facts.get('as_of', 'unknown')}{made_up}"
    connection.execute(
        _comment("schema", sql.Identifier(SCHEMA), f"{told}. Replaced as a whole by the next one.")
    )


def _dropped(connection: psycopg.Connection) -> bool:
    """Drop the old schema; false when somebody reads it. What depends on it elsewhere is never dropped with it."""
    old = connection.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r'", [SCHEMA]
    ).fetchall()
    tables = sql.SQL(", ").join(sql.Identifier(SCHEMA, name) for (name,) in old)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT)))
            if old:
                connection.execute(sql.SQL("lock table {} in access exclusive mode").format(tables))
                connection.execute(sql.SQL("drop table {} restrict").format(tables))
            connection.execute(sql.SQL("drop schema if exists {} restrict").format(sql.Identifier(SCHEMA)))
    except psycopg.errors.LockNotAvailable:
        return False
    except psycopg.errors.DependentObjectsStillExist as error:
        detail = (error.diag.message_detail or "").splitlines()[:1]
        raise SinkError(
            f"Something outside of {SCHEMA} depends on its tables: {' '.join(detail)}. Drop it: it would be lost with "
            "every new release."
        ) from None
    return True


# The command


def _sentence(error: psycopg.Error, password: str | None) -> str:
    """What the server says, without the values of rows that its details hold, and without the password."""
    told = error.diag.message_primary or _first_line(error)
    secrets = (secret for secret in (password, os.environ.get("PGPASSWORD")) if secret)
    for secret in secrets:
        told = told.replace(secret, "***")
    return f"PostgreSQL says: {told}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/publish`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/publish",
        description="Load the current release into a PostgreSQL database, as schema marts.",
    )
    parser.add_argument(
        "--to",
        required=True,
        metavar="URI",
        help="postgresql://user@host:5432/database; the password is best left to PGPASSWORD or ~/.pgpass",
    )
    parser.add_argument(
        "--reader",
        default=DEFAULT_READER,
        metavar="ROLE",
        help="who may read the tables (default %(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=DEFAULT_WAIT_SECONDS,
        metavar="SECONDS",
        help="for transactions that read the release before (default %(default)s)",
    )
    options = parser.parse_args(arguments)
    progress = Progress()
    try:
        with open_current(warehouse_folder()) as release:
            load(release, options.to, options.reader, options.wait, progress)
            progress.done(
                f"Loaded the release {release.name}: {len(release.tables)} tables, read by {options.reader}."
            )
    except BusyError as error:
        print(f"publish: {error}", file=sys.stderr)
        return BUSY
    except (SinkError, ReleaseError, OSError) as error:
        print(f"publish: {error}", file=sys.stderr)
        return FAILED
    return LOADED


if __name__ == "__main__":
    sys.exit(main())
