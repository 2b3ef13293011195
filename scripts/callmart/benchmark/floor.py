"""The floor: the same tables, made from the same files by SQL alone, in one DuckDB process without dbt.

What takes time is written by hand, in `floor/<table>.sql`, for DuckDB and for the data as they are: typed files are
read as they are typed, joins stay in the order in which they are written, nothing is written that is read only once.
Every other table is made by the SQL that dbt compiled for it, without dbt. Tests, descriptions and the release are
no part of it.

`python -m callmart.benchmark.floor --warehouse DIR --raw DIR --out FILE` runs it on its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from callmart.contract import read_contract
from callmart.landing import RunFacts, land
from callmart.parquet_files import ParquetColumn, ParquetFile, read_metadata, rows_of
from callmart.sample import sample_files
from callmart.sql_text import identifier, literal
from callmart.text_loading import OWN_COLUMNS, Shape

HAND_WRITTEN = Path(__file__).parent / "floor"
# The compiled SQL names the build's file by its stem.
FILE_NAME = "callmart.duckdb"
_SAMPLE_SALT = "sample"
_INSTANT = ParquetColumn("started_at", "TIMESTAMP WITH TIME ZONE")


@dataclass(frozen=True)
class Settings:
    """How DuckDB runs: memory such as `8GB`, and threads (None: one per core)."""

    memory: str = "8GB"
    threads: int | None = None


@dataclass(frozen=True)
class FloorRun:
    """Wall time of each table, and of all, in seconds."""

    seconds: float
    tables: Mapping[str, float]


def hand_written() -> dict[str, str]:
    """The SQL written by hand, by the table it makes."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(HAND_WRITTEN.glob("*.sql"))}


def run_floor(warehouse: Path, raw: Path, out: Path, settings: Settings) -> FloorRun:
    """Make all tables of a built warehouse once more, from the raw files, in a new file `out`.

    The warehouse gives the compiled SQL and the settings tables, which are a few hundred rows; its data are not read.

    Raises:
        ValueError: the file is not named as the compiled SQL needs it.
    """
    if out.name != FILE_NAME:
        raise ValueError(f"Name the floor's file {FILE_NAME}: the compiled SQL does.")
    out.parent.mkdir(parents=True, exist_ok=True)
    for old in (out, out.with_suffix(".duckdb.wal")):
        old.unlink(missing_ok=True)
    manifest = json.loads((warehouse / "work" / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    started = time.monotonic()
    tables: dict[str, float] = {}
    with duckdb.connect(out) as connection:
        _configure(connection, settings)
        _copy_settings(connection, warehouse)
        facts = RunFacts(
            datetime.now(UTC),
            os.environ.get("CALLMART_SALT", "") or _SAMPLE_SALT,
            is_sample=sample_files(raw) is not None,
        )
        land(connection, raw, facts, {})
        by_hand = hand_written()
        for node in _in_order(manifest, by_hand):
            since = time.monotonic()
            connection.execute(_statement(connection, node, by_hand, raw))
            tables[node["name"]] = time.monotonic() - since
        since = time.monotonic()
        connection.execute("checkpoint")
        tables["(checkpoint)"] = time.monotonic() - since
    return FloorRun(time.monotonic() - started, tables)


def _configure(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set memory_limit = {literal(settings.memory)}")
    # The big table stands first in every join of these files, and small ones follow: estimates only spoil that.
    connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
    if settings.threads is not None:
        connection.execute(f"set threads = {settings.threads}")


def _copy_settings(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    connection.execute(f"attach {literal(str(warehouse / 'work' / FILE_NAME))} as built (read_only)")
    for schema in ("settings", "staging", "intermediate", "marts"):
        connection.execute(f"create schema {schema}")
    names = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'settings'"
    ).fetchall()
    for (name,) in names:
        connection.execute(
            f"create table settings.{identifier(name)} as from built.settings.{identifier(name)}"
        )
    connection.execute("detach built")


def _in_order(manifest: Mapping[str, Any], by_hand: Mapping[str, str]) -> list[dict[str, Any]]:
    """The models that the hand-written tables and the public ones need, each after what it reads."""
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    readers = Counter(parent for node in models.values() for parent in node["depends_on"]["nodes"])
    graph = {
        key: [parent for parent in _parents(node, by_hand, models) if parent in models]
        for key, node in models.items()
    }
    ordered = [models[key] for key in TopologicalSorter(graph).static_order()]
    needed = {key for key, node in models.items() if node["schema"] == "marts"}
    for node in reversed(ordered):
        if node["unique_id"] in needed:
            needed.update(graph[node["unique_id"]])
    for node in ordered:
        node["is_view"] = node["config"]["materialized"] == "view" or (
            node["schema"] == "intermediate" and readers[node["unique_id"]] == 1
        )
    return [node for node in ordered if node["unique_id"] in needed]


def _parents(node: Mapping[str, Any], by_hand: Mapping[str, str], models: Mapping[str, Any]) -> Iterable[str]:
    """The models that a table's SQL names: dbt also lists what only an increment reads."""
    written = by_hand.get(node["name"])
    sql = node["compiled_code"] if written is None or "{{general}}" in written else ""
    names = set(re.findall(r"\b\w+\.\w+\b", written or ""))
    return [
        key
        for key, model in models.items()
        if model["relation_name"] in sql or f"{model['schema']}.{model['name']}" in names
    ]


def _statement(
    connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], by_hand: Mapping[str, str], raw: Path
) -> str:
    sql = by_hand.get(node["name"], node["compiled_code"])
    if "{{typed_files}}" in sql:
        typed = _leave_only_odd_files(connection, node["name"].removeprefix("landed_"), raw)
        if typed:
            paths = ", ".join(literal(str(file.path)) for file in typed)
            sql = sql.replace("{{typed_files}}", f"[{paths}]")
            sql = sql.replace("{{root_length}}", str(len(os.path.realpath(raw))))
            sql = sql.replace("{{general}}", node["compiled_code"])
        else:
            sql = node["compiled_code"]
    kind = "view" if node["is_view"] else "table"
    return f"create {kind} {node['relation_name']} as {sql}"


def _leave_only_odd_files(
    connection: duckdb.DuckDBPyConnection, table: str, raw: Path
) -> Sequence[ParquetFile]:
    """The Parquet files with instants whose columns and types most rows have; the raw view keeps all others."""
    shape = Shape(table, read_contract().tables[table].column_names)
    root = Path(os.path.realpath(raw))
    files = [read_metadata(connection, path, shape) for path in sorted((root / table).glob("*.parquet"))]
    rows = Counter[Any]()
    for file in files:
        if _INSTANT in file.columns:
            rows[file.columns] += file.rows
    if not rows:
        return []
    commonest = rows.most_common(1)[0][0]
    parts = rows_of([file for file in files if file.columns != commonest], shape, root)
    if connection.execute(
        "from duckdb_tables() where schema_name = 'raw_text' and table_name = ?", [table]
    ).fetchall():
        parts.append(f"select * from {shape.relation}")
    names = ", ".join(identifier(name) for name in (*shape.columns, *OWN_COLUMNS))
    columns = ", ".join(f"null as {identifier(name)}" for name in (*shape.columns, *OWN_COLUMNS))
    odd = " union all ".join(parts or [f"select {columns} where false"])
    connection.execute(f"create or replace view raw.{identifier(table)} ({names}) as {odd}")
    return [file for file in files if file.columns == commonest]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the floor once; print a JSON object with its seconds and its peak memory in bytes."""
    parser = argparse.ArgumentParser(prog="python -m callmart.benchmark.floor", description=__doc__)
    parser.add_argument("--warehouse", type=Path, required=True, help="a warehouse built from the same files")
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help=f"a folder for the floor's {FILE_NAME}")
    parser.add_argument("--memory", default=Settings.memory)
    parser.add_argument("--threads", type=int)
    given = parser.parse_args(arguments)
    run = run_floor(given.warehouse, given.raw, given.out / FILE_NAME, Settings(given.memory, given.threads))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": run.seconds, "peak_bytes": peak, "tables": run.tables}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
