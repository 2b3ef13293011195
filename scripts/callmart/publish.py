"""Write the public tables into a new release and put it in front of the readers.

A release is written from scratch, table by table, never copied from the build's own file: what was deleted
there stays in that file's bytes, and must not travel.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from callmart.memory import memory_limit
from callmart.paths import warehouse_folder
from callmart.releases import (
    DATABASE,
    Companions,
    ReleaseError,
    current_release,
    partial_folder,
    put_in_front,
    put_in_place_of,
    release_facts,
    release_names,
    rollback,
)

SCHEMA = "marts"
DEFAULT_KEEP = 5
# The oldest storage format: every DuckDB from 1.0 to 2.0 opens it.
STORAGE_VERSION = "v1.0.0"


@dataclass(frozen=True)
class PublicTable:
    """A table that readers see.

    Attributes:
        schema: its schema in the build's file; in the release it is always `marts`.
        name: its name, in both.
        description: what one row is, kept as the table's comment.
        columns: every column's name and description, the second kept as the column's comment.
        order_by: columns to store the rows by, so that filters on them read little; empty keeps their order.
        key: columns that together tell one row from every other, none of them null; empty when none is declared.
    """

    schema: str
    name: str
    description: str
    columns: Sequence[tuple[str, str]]
    order_by: Sequence[str] = ()
    key: Sequence[str] = ()


@dataclass(frozen=True)
class _Shape:
    """What must be the same in the build's file and in the release."""

    columns: tuple[tuple[str, str], ...]
    rows: int


def publish(
    work_file: Path,
    warehouse: Path,
    tables: Sequence[PublicTable],
    facts: Mapping[str, object],
    keep: int = DEFAULT_KEEP,
    accompany: Callable[[Path], Companions] | None = None,
) -> Path:
    """Publish `tables` of the build's file as the newest release of the warehouse; return its folder.

    Until the last step, one rename, readers see the release before; when anything fails they go on seeing it.
    Needs the build's file closed. `facts` (as_of, run_started_at, settings...) go into `release.json` with
    the number of rows and the key of each table. Of the releases the newest `keep` stay. `accompany` is shown the new
    database and says what lies beside it, so that readers find both or neither.

    Raises:
        ReleaseError: a table is missing or not as declared, or the release cannot be written or read back.
    """
    if keep < 1:
        raise ReleaseError(f"keep must be at least 1 release, not {keep}.")
    try:
        with partial_folder(warehouse) as (folder, lock):
            written = _write(work_file, folder, lock, tables)
            _check(folder / DATABASE, tables, written)
            (folder / DATABASE).chmod(0o440)
            rows = {table.name: written[table.name].rows for table in tables}
            keys = {table.name: list(table.key) for table in tables if table.key}
            told = {**facts, "rows": rows, "keys": keys}
            companions = accompany(folder / DATABASE) if accompany else None
            return put_in_front(warehouse, folder, told, datetime.now(UTC), keep, companions)
    except (duckdb.Error, OSError) as error:
        raise ReleaseError(f"Nothing was published: {_first_line(error)}") from error


def publish_without(warehouse: Path, release: str, conditions: Mapping[str, str]) -> Path:
    """Put in the place of a release one without some of its rows; return its folder.

    The new one is written from scratch, has the same name with the number of its version behind it, and what lies
    beside the database comes along; readers of the old one are led to it in one rename, and the old one goes.
    `conditions` says for tables which rows to leave out, in SQL.

    Raises:
        ReleaseError: the release cannot be read, written or read back.
    """
    old = warehouse / "releases" / release
    facts = release_facts(warehouse, release)
    try:
        tables = _published_tables(old / DATABASE)
        with partial_folder(warehouse) as (folder, lock):
            written = _write(old / DATABASE, folder, lock, tables, conditions)
            _check(folder / DATABASE, tables, written)
            (folder / DATABASE).chmod(0o440)
            rows = {table.name: written[table.name].rows for table in tables}
            return put_in_place_of(warehouse, release, folder, {**facts, "rows": rows})
    except (duckdb.Error, OSError) as error:
        raise ReleaseError(f"The release {release} is as it was: {_first_line(error)}") from error


def _published_tables(database: Path) -> list[PublicTable]:
    """The tables of a release as it declares them, in its order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ? order by table_oid",
            [SCHEMA],
        ).fetchall()
        columns = connection.execute(
            "select table_name, column_name, coalesce(comment, '') from duckdb_columns() where schema_name = ?"
            " order by table_oid, column_index",
            [SCHEMA],
        ).fetchall()
    return [
        PublicTable(SCHEMA, table, said, [(name, meaning) for of, name, meaning in columns if of == table])
        for table, said in tables
    ]


def _write(
    work_file: Path,
    folder: Path,
    lock: int,
    tables: Sequence[PublicTable],
    without: Mapping[str, str] | None = None,
) -> dict[str, _Shape]:
    """Copy the tables into a new database, less the rows for which the condition of a table holds.

    Returns what each of them looks like in the build's file.
    """
    # Attached under its own name, which the views inside it use.
    source = _quote(work_file.stem)
    parts, spill = folder / ".parts", folder / ".spill"
    parts.mkdir(mode=0o700)
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(spill),
        "memory_limit": memory_limit(),
    }
    shapes = {}
    told = []
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach {_literal(str(work_file))} as {source} (read_only)")
        for number, table in enumerate(tables):
            origin = f"{source}.{_quote(table.schema)}.{_quote(table.name)}"
            if without and table.name in without:
                origin = f"(select * from {origin} where ({without[table.name]}) is not true)"
            shapes[table.name] = _shape(connection, origin)
            _check_declared(table, shapes[table.name])
            order = ", ".join(f"{_quote(column)} nulls last" for column in table.order_by)
            part = parts / f"{number}.parquet"
            connection.execute(
                f"copy (select * from {origin}{f' order by {order}' if order else ''})"
                f" to {_literal(str(part))} (format parquet)"
            )
            meanings = dict(table.columns)
            columns = [(name, kind, meanings[name]) for name, kind in shapes[table.name].columns]
            told.append(
                {"name": table.name, "file": str(part), "description": table.description, "columns": columns}
            )
    _write_elsewhere(
        {
            "database": str(folder / DATABASE),
            "settings": config,
            "storage_version": STORAGE_VERSION,
            "schema": SCHEMA,
            "tables": told,
        },
        lock,
    )
    shutil.rmtree(parts)
    shutil.rmtree(spill, ignore_errors=True)
    return shapes


def _write_elsewhere(told: Mapping[str, object], lock: int) -> None:
    """Have a new process write the database: this one's memory holds more than is published (release_file.py).

    It ends when this one does, and holds the folder's lock until then.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLMART_")}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "callmart.release_file"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**inherited, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        text=True,
        pass_fds=(lock,),
    ) as writer:
        assert writer.stdin is not None
        assert writer.stderr is not None
        writer.stdin.write(json.dumps(told) + "\n")
        writer.stdin.flush()
        said = writer.stderr.read().strip().splitlines()
    if writer.returncode != 0:
        raise ReleaseError(f"Nothing was published: {said[-1] if said else 'its writer was ended'}")


def _check(database: Path, tables: Sequence[PublicTable], expected: Mapping[str, _Shape]) -> None:
    """Open the new database as a reader does and compare it with the build's file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in tables:
            found = _shape(connection, f"{_quote(SCHEMA)}.{_quote(table.name)}")
            if found != expected[table.name]:
                raise ReleaseError(
                    f"Nothing was published: {table.name} was read back with {found.rows} rows and "
                    f"{len(found.columns)} columns, not as it was written; check the disk and publish again."
                )
    leftovers = sorted(path.name for path in database.parent.iterdir() if path != database)
    if leftovers:
        raise ReleaseError(
            f"Nothing was published: {', '.join(leftovers)} was left beside the new database; publish again."
        )


def _check_declared(table: PublicTable, shape: _Shape) -> None:
    """Refuse a table whose columns are not the declared ones."""
    actual = {name for name, _ in shape.columns}
    declared = {name for name, _ in table.columns}
    if actual != declared:
        raise ReleaseError(
            f"Nothing was published: {table.schema}.{table.name} and its declaration differ in the columns "
            f"{', '.join(sorted(actual ^ declared))}; correct one of them."
        )


def _shape(connection: duckdb.DuckDBPyConnection, relation: str) -> _Shape:
    columns = connection.execute(f"describe select * from {relation}").fetchall()
    counted = connection.execute(f"select count(*) from {relation}").fetchone()
    return _Shape(tuple((row[0], row[1]) for row in columns), counted[0] if counted else 0)


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _list(warehouse: Path) -> None:
    """Print the releases, newest last, with what each was made as of; the current one carries a `*`."""
    current = current_release(warehouse)
    for name in release_names(warehouse):
        as_of = release_facts(warehouse, name).get("as_of", "unknown")
        print(f"{'*' if name == current else ' '} {name}  as of {as_of}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m callmart.publish rollback [--to NAME | --list]`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/rollback", description="Put an earlier release back in front."
    )
    parser.add_argument("command", choices=["rollback"], help=argparse.SUPPRESS)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--to", metavar="NAME", help="the release to go to; default: the one before the current one"
    )
    choice.add_argument("--list", action="store_true", help="show the releases and change nothing")
    options = parser.parse_args(arguments)
    warehouse = warehouse_folder()
    try:
        if options.list:
            _list(warehouse)
        else:
            print(f"Readers now see the release {rollback(warehouse, options.to).name}.")
    except (ReleaseError, OSError) as error:
        print(f"rollback: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
