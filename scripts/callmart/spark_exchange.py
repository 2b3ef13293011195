"""What passes between DuckDB and Spark in a build on Spark: Parquet files, in a folder that both see.

On the way there, what landed: DuckDB's loader stays the only reader of raw files. Of each file of a raw table
one part is exported, `raw/<table>/<md5 of the file's name>-<n>.parquet`, so that a part can be replaced
without the others; Spark reads them as the tables of its schema `raw`. On the way back, the public marts,
as `marts/<table>/*.parquet`, from which the release is written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from callmart.connectors import Folders, exports_of
from callmart.contract import read_contract
from callmart.landing import RunFacts
from callmart.memory import limit_memory
from callmart.sql_text import identifier, literal
from callmart.text_loading import OWN_COLUMNS

# Schemas of Spark's own catalog: an Iceberg catalog holds no plain Parquet.
_PARTS = "spark_catalog.raw_parts"
_FETCHED = "spark_catalog.fetched_marts"
_SPARK_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
}
_OWN_TYPES = {"_row": "bigint", "_landed_at": "timestamp"}
_PART = "_part"

# An increment is built upon what is in Spark, which must stem from the same full refresh as the work file: the
# tables may have been dropped since, or built anew from another warehouse.
_BUILT_UPON = [
    "create table if not exists raw.refreshed (refreshed_at timestamp) using iceberg",
    "delete from raw.refreshed where exists (select 1 from raw.run where is_full_refresh)",
    "insert into raw.refreshed select refreshed_at from raw.run where is_full_refresh",
    "select assert_true(count(*) = 1,"
    " 'The tables in Spark are not those of the run before: build with --full-refresh.')"
    " from raw.refreshed inner join raw.run on refreshed.refreshed_at = run.refreshed_at",
]

# The tables beside the public ones from which a build reads the release's facts, what the run touched, and which
# files have to be judged again.
_OF_THE_RUN = [
    ("staging", "rejected_records"),
    *(
        ("intermediate", name)
        for name in ("int_run", "touched_calls", "touched_contacts", "touched_agents", "touched_days")
    ),
]
# Of these, rows that are left where they are.
_FETCHED_WHERE = {"rejected_records": "is_rejected and reasons like '%future instant: %'"}


@dataclass(frozen=True)
class ExportedTable:
    """A table of schema `raw` as exported: its folder, and its columns with their types in Spark."""

    name: str
    folder: Path
    columns: tuple[tuple[str, str], ...]


def exchange_folder(warehouse: Path) -> Path:
    """The folder both engines see: `CALLMART_SPARK_FOLDER`, or a part of the build's own."""
    return Path(os.environ.get("CALLMART_SPARK_FOLDER") or warehouse / "work" / "spark").absolute()


def raw_tables_are_in_spark() -> bool:
    """Whether the user loads Spark's schema `raw`: `CALLMART_RAW_IN_SPARK` is set to `yes`.

    Raises:
        ValueError: it is set to something else.
    """
    said = os.environ.get("CALLMART_RAW_IN_SPARK", "")
    if said not in ("", "yes", "no"):
        raise ValueError(f"Set CALLMART_RAW_IN_SPARK to yes or no, not to {said!r}.")
    return said == "yes"


# There


def export_raw(work_file: Path, folder: Path) -> list[ExportedTable]:
    """Write every table of the work file's schema `raw` anew into folders of its name below `folder`."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with duckdb.connect(work_file, read_only=True) as connection:
        limit_memory(connection)
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw' order by table_name"
        ).fetchall()
        exported = [_export(connection, name, folder, partial) for (name,) in tables]
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return exported


def _export(connection: duckdb.DuckDBPyConnection, name: str, folder: Path, partial: Path) -> ExportedTable:
    relation = f"raw.{identifier(name)}"
    columns = connection.execute(f"select column_name, column_type from (describe {relation})").fetchall()
    values = ", ".join(_exported_value(column, kind) for column, kind in columns)
    part = "md5(_file)" if any(column == "_file" for column, _ in columns) else literal("all")
    target = partial / name
    target.mkdir(parents=True)
    connection.execute(
        f"copy (select {values}, {part} as {_PART} from {relation}) to {literal(str(target))}"
        f" (format parquet, partition_by ({_PART}), overwrite_or_ignore)"
    )
    for path in sorted(target.glob(f"{_PART}=*/*.parquet")):
        key = path.parent.name.partition("=")[2]
        number = path.stem.rpartition("_")[2]
        path.rename(target / f"{key}-{number}.parquet")
    for emptied in target.glob(f"{_PART}=*"):
        emptied.rmdir()
    types = tuple((column, _SPARK_TYPES[kind]) for column, kind in columns)
    return ExportedTable(name, folder / name, types)


def _exported_value(column: str, kind: str) -> str:
    """The column; an instant as one that says it is in UTC, as Spark tells those from clock readings."""
    quoted = identifier(column)
    return f"{quoted} at time zone 'UTC' as {quoted}" if kind == "TIMESTAMP" else quoted


def registration(tables: Sequence[ExportedTable]) -> list[str]:
    """The statements that make the exported tables Spark's schema `raw`: views over the parts."""
    statements = [f"create schema if not exists {_PARTS}", "create schema if not exists raw"]
    for table in tables:
        parts = f"{_PARTS}.{table.name}"
        columns = ", ".join(f"`{name}` {kind}" for name, kind in table.columns)
        names = ", ".join(f"`{name}`" for name, _ in table.columns)
        statements += [
            f"drop table if exists {parts}",
            f"create table {parts} ({columns}) using parquet location '{table.folder.as_uri()}'",
            f"create or replace view raw.{table.name} as select {names} from {parts}",
        ]
    return [*statements, *_BUILT_UPON]


def registration_of_own_tables(
    run: RunFacts, pass_through: Mapping[str, Sequence[str]], connectors: Folders | None = None
) -> list[str]:
    """The statements that add to the user's own tables in Spark's schema `raw` what the models expect beside them.

    A table that is absent counts as empty; one that is there counts as one file of that name. The exports of
    `connectors` are such tables too; their `_file` begins with the connector's folder.
    """
    statements = ["create schema if not exists raw"]
    counted = []
    for table in (*read_contract().tables.values(), *exports_of(connectors or {}).values()):
        columns = [*table.column_names, *pass_through.get(table.name, ()), *OWN_COLUMNS]
        nulls = ", ".join(f"cast(null as {_OWN_TYPES.get(name, 'string')}) as `{name}`" for name in columns)
        statements.append(f"create view if not exists raw.{table.name} as select {nulls} where false")
        counted.append(
            f"select '{table.name}' as raw_table, '{table.name}' as file, 'table' as format,"
            " cast(null as bigint) as bytes, max(_landed_at) as modified_at, 'loaded' as status,"
            " cast(null as string) as reason, count(*) as landed_rows, cast(0 as bigint) as unparseable_lines,"
            " 'new' as read_because, true as is_read_now"
            f" from raw.{table.name} having count(*) > 0"
        )
    salt = run.salt.replace("\\", "\\\\").replace("'", "\\'")
    return [
        *statements,
        f"create or replace view raw.files as {' union all '.join(counted)}",
        "create or replace view raw.unparseable_lines as select cast(null as string) as raw_table,"
        " cast(null as string) as file, cast(null as bigint) as `row`, cast(null as string) as line,"
        " cast(null as string) as error where false",
        "create or replace view raw.run as select"
        f" timestamp '{run.run_started_at:%Y-%m-%d %H:%M:%S.%f}' as run_started_at, '{salt}' as salt,"
        f" {str(run.is_sample).lower()} as is_sample, true as is_full_refresh, false as follows_complete_run,"
        " cast(null as date) as rebuild_from, cast(null as date) as rebuild_to,"
        f" timestamp '{run.run_started_at:%Y-%m-%d %H:%M:%S.%f}' as refreshed_at",
        *_BUILT_UPON,
    ]


# Back


def fetched_tables(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Schema and name of every public model of dbt's manifest, and of those that say what the run did."""
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    public = sorted(
        (node["schema"], node["name"]) for node in models if node["config"].get("access") == "public"
    )
    return [*public, *_OF_THE_RUN]


def handing_back(tables: Sequence[tuple[str, str]], folder: Path) -> list[str]:
    """The statements by which Spark writes the tables as Parquet into folders of their names below `folder`."""
    statements = [f"create schema if not exists {_FETCHED}"]
    for schema, name in tables:
        statements += [
            f"drop table if exists {_FETCHED}.{name}",
            f"create table {_FETCHED}.{name} using parquet location '{(folder / name).as_uri()}'"
            f" as select * from {schema}.{name} where {_FETCHED_WHERE.get(name, 'true')}",
        ]
    return statements


def read_back(tables: Sequence[tuple[str, str]], folder: Path, work_file: Path) -> None:
    """Write the tables that Spark handed back into a new file of DuckDB, under the names they have in Spark."""
    work_file.unlink(missing_ok=True)
    with duckdb.connect(work_file) as connection:
        work_file.chmod(0o600)
        connection.execute("set TimeZone = 'UTC'")
        limit_memory(connection)
        for schema, name in tables:
            files = f"read_parquet({literal(str(folder / name / '*.parquet'))})"
            columns = connection.execute(f"select column_name, column_type from (describe from {files})")
            values = ", ".join(_fetched_value(column, kind) for column, kind in columns.fetchall())
            connection.execute(f"create schema if not exists {identifier(schema)}")
            connection.execute(
                f"create table {identifier(schema)}.{identifier(name)} as select {values} from {files}"
            )


def _fetched_value(column: str, kind: str) -> str:
    """The column; an instant, which Spark says is in UTC, without its zone."""
    quoted = identifier(column)
    is_instant = kind == "TIMESTAMP WITH TIME ZONE"
    return f"{quoted} at time zone 'UTC' as {quoted}" if is_instant else quoted
