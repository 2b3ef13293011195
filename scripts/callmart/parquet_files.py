"""Parquet files, which cost nothing until a view over them is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from callmart.sql_text import identifier, json_object, literal, only_path
from callmart.text_files import UnreadableFileError
from callmart.text_loading import Shape, divided

# What DuckDB adds to a file's columns. The path gets this name because a file may have a column `filename`.
PATH_COLUMN = "_landing_path"
ROW_COLUMN = "file_row_number"


class ParquetColumn(NamedTuple):
    """A column as the file names it, and its type in DuckDB."""

    name: str
    type: str


class ParquetFile(NamedTuple):
    """A Parquet file: its columns and, from its metadata, how many rows it holds."""

    shape: Shape
    path: Path
    columns: tuple[ParquetColumn, ...]
    rows: int

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names as the raw table has them."""
        return tuple(self.shape.column_of(column.name) for column in self.columns)


def read_metadata(connection: duckdb.DuckDBPyConnection, path: Path, shape: Shape) -> ParquetFile:
    """Read what the file says of itself. Raises UnreadableFileError when it is to be skipped."""
    pattern = only_path(path)
    try:
        described = connection.execute(
            f"describe select * from read_parquet({pattern}, hive_partitioning = false)"
        ).fetchall()
        counted = connection.execute(
            f"select sum(num_rows)::bigint from parquet_file_metadata({pattern})"
        ).fetchone()
    except duckdb.Error as error:
        raise UnreadableFileError("It is no Parquet file, or only part of one: send it again.") from error
    columns = tuple(ParquetColumn(name, kind) for name, kind, *_ in described)
    file = ParquetFile(shape, path, columns, counted[0] if counted else 0)
    if not set(file.names).intersection(shape.columns):
        raise UnreadableFileError("It has no column of this table: check the folder it lies in.")
    for name in {ROW_COLUMN, PATH_COLUMN}.intersection(file.names):
        raise UnreadableFileError(f"Its column `{name}` hides one that is needed to read it: rename it.")
    if not file.rows:
        raise UnreadableFileError("It holds no row: send it again if it should hold some.")
    return file


def rows_of(files: Sequence[ParquetFile], shape: Shape, root: Path) -> list[str]:
    """Queries for the rows of the files, one for all files whose columns and types are the same.

    Thus no file changes how another reads (1 in one, 1.0 in another).
    """
    groups: dict[tuple[ParquetColumn, ...], list[ParquetFile]] = {}
    for file in files:
        groups.setdefault(file.columns, []).append(file)
    return [_rows_of_group(group, shape, root) for group in groups.values()]


def _rows_of_group(group: Sequence[ParquetFile], shape: Shape, root: Path) -> str:
    columns = group[0].columns
    listed, unlisted = divided(group[0].names, shape.columns)
    values = [_text(columns[listed[name]]) if name in listed else "null::varchar" for name in shape.columns]
    kept = unlisted if shape.keeps_others else {}
    values.append(json_object({label: _text(columns[position]) for label, position in kept.items()}))
    name = f"substr(data.{PATH_COLUMN}, {len(f'{root}/') + 1})"
    paths = ", ".join(only_path(file.path) for file in group)
    return (
        f"select {', '.join(values)}, {name}, data.{ROW_COLUMN} + 1, files.modified_at"
        f" from read_parquet([{paths}], filename = '{PATH_COLUMN}', hive_partitioning = false) as data"
        f" left join raw.files as files on files.raw_table = {literal(shape.table)} and files.file = {name}"
    )


def _text(column: ParquetColumn) -> str:
    """The column as text: nested values as JSON, bytes as the UTF-8 text they hold when they do."""
    value = f"data.{identifier(column.name)}"
    text = f"cast({value} as varchar)"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        # In UTC whatever the session's zone, and at a fifth of the cost: the zone's rules are not asked for each value.
        in_utc = f"cast(make_timestamp(epoch_us({value})) as varchar) || '+00'"
        return f"case when isfinite({value}) then {in_utc} else {text} end"
    if column.type == "BLOB":
        return f"coalesce(try(decode({value})), {text})"
    if column.type.endswith("]") or column.type.startswith(("STRUCT", "MAP", "UNION")):
        return f"case when {value} is not null then cast(to_json({value}) as varchar) end"
    return text
