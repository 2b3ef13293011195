"""A person's rows in the raw files: where they stand, and the files without them."""

from __future__ import annotations

import codecs
import gzip
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb

from callmart.contract import Table, read_contract
from callmart.erasure.person import Person, Relation
from callmart.landing import RunFacts, land
from callmart.runs import sync
from callmart.sql_text import identifier, literal, only_path
from callmart.text_files import (
    KEPT_TEXT,
    TextFile,
    delimited_records,
    lines_of_records,
    probe,
    read_header,
    text_of_header,
)

LEFTOVER = ".erasing"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (the loader keeps instants in UTC, without a zone)


class ErasureError(RuntimeError):
    """The erasure cannot go on; the sentence says what to do."""


@dataclass(frozen=True)
class FileRows:
    """The rows of a person in one raw file: its table, its path, its form, the numbers of the rows, from 1."""

    table: str
    path: Path
    format: str
    rows: frozenset[int]
    size_bytes: int
    modified_us: int


@dataclass(frozen=True)
class RawRows:
    """The rows of a person in all raw files, and the files the loader could not read."""

    files: tuple[FileRows, ...]
    unread: tuple[str, ...] = ()
    tables: Mapping[str, int] = field(default_factory=dict)


def load(connection: duckdb.DuckDBPyConnection, raw: Path, run: RunFacts) -> list[Relation]:
    """Read every raw file into the connection's database, as a build does; the raw tables to look through."""
    land(connection, raw, run, {})
    return raw_relations()


def raw_relations() -> list[Relation]:
    """The raw tables that say whom a row is about."""
    relations = []
    for table in read_contract().tables.values():
        relation = Relation(table.name, f"raw.{identifier(table.name)}", frozenset(table.column_names))
        if relation.links or relation.owner:
            relations.append(relation)
    return relations


def landed_relations(connection: duckdb.DuckDBPyConnection, folders: Sequence[str]) -> list[Relation]:
    """What staging made of the exports in these folders: ids have their instance, numbers and keys are hashed."""
    tables = connection.execute(
        "select table_name, list(column_name) from duckdb_columns()"
        " where schema_name = 'staging' and starts_with(table_name, 'landed_') group by 1 order by 1"
    ).fetchall()
    inside = f"split_part(_landed_file, '/', 1) in ({', '.join(map(literal, folders))})"
    relations = [
        Relation(
            table.removeprefix("landed_"),
            f"(select *, _landed_file as _file from staging.{identifier(table)} where {inside})",
            frozenset(columns),
        )
        for table, columns in tables
    ]
    return [relation for relation in relations if relation.links or relation.owner]


def rows_of(
    connection: duckdb.DuckDBPyConnection, raw: Path, relations: Sequence[Relation], person: Person
) -> RawRows:
    """The rows of a person: sound, rejected and superseded ones, and lines that could not be parsed."""
    contract = read_contract()
    places: dict[tuple[str, str], set[int]] = {}
    for relation in relations:
        condition = person.condition(relation)
        if condition is not None:
            for file, row in _places(connection, relation, contract.tables[relation.table], condition):
                places.setdefault((relation.table, file), set()).add(row)
    lines = connection.execute('select raw_table, file, "row", line from raw.unparseable_lines').fetchall()
    for table, file, row, line in lines:
        if person.pattern.search(line):
            places.setdefault((table, file), set()).add(row)
    facts = {
        (table, file): (form, size, modified_at)
        for table, file, form, size, modified_at in connection.execute(
            "select raw_table, file, format, bytes, modified_at from raw.files where status = 'loaded'"
        ).fetchall()
    }
    root = Path(os.path.realpath(raw))
    files = []
    counts: dict[str, int] = {}
    for (table, file), rows in sorted(places.items()):
        form, size, modified_at = facts[table, file]
        modified_us = (modified_at - _EPOCH) // timedelta(microseconds=1)
        path = Path(os.path.realpath(root / file))
        files.append(FileRows(table, path, form, frozenset(rows), size, modified_us))
        counts[table] = counts.get(table, 0) + len(rows)
    unread = connection.execute("select file from raw.files where status = 'skipped' order by 1").fetchall()
    return RawRows(tuple(files), tuple(file for (file,) in unread), counts)


def _places(
    connection: duckdb.DuckDBPyConnection, relation: Relation, table: Table, condition: str
) -> list[tuple[str, int]]:
    """File and row of a person's rows.

    When the newest version of a record is theirs, the older ones go too, whomever they name: one of them would count
    in its place.
    """
    key = ", ".join(identifier(column) for column in table.key)
    return connection.execute(
        f"""
        with versions as (
            select
                _file,
                _row,
                coalesce({condition}, false) as is_theirs,
                row_number() over (
                    partition by {key}
                    order by try_cast(updated_at as timestamptz) desc nulls last, _file desc, _row desc
                ) as version,
                {key}
            from {relation.sql}
            where ({key}) in (select ({key}) from {relation.sql} where {condition})
        )
        select _file, _row
        from versions
        qualify is_theirs or bool_or(is_theirs and version = 1) over (partition by {key})
        union
        select _file, _row from {relation.sql} where {condition}
        """
    ).fetchall()


def rewrite(file: FileRows) -> None:
    """Put in the place of the file one without the rows, in one rename; a file that has no other row goes.

    Its access rights and its time of modification stay: the time says when its rows came.

    Raises:
        ErasureError: the file is not what was read, or cannot be written without loss.
        OSError: it cannot be read or written.
    """
    path, facts = file.path, _facts(file)
    partial = path.with_name(f".{path.name}.{os.getpid()}{LEFTOVER}")
    try:
        write = _without_parquet if file.format == "parquet" else _without_text
        kept = write(file, partial)
        if kept:
            _give(partial, path, facts)
            sync(partial)
        _facts(file)  # what came meanwhile would be lost
        if kept:
            partial.replace(path)
        else:
            path.unlink()
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _facts(file: FileRows) -> os.stat_result:
    facts = file.path.stat()
    if (facts.st_size, facts.st_mtime_ns // 1000) != (file.size_bytes, file.modified_us):
        raise ErasureError(f"{file.path} changed meanwhile: run scripts/erase again.")
    return facts


def _give(partial: Path, path: Path, facts: os.stat_result) -> None:
    """Give the new file the owner, the access rights and the times of the old one."""
    own = partial.stat()
    if (own.st_uid, own.st_gid) != (facts.st_uid, facts.st_gid):
        try:
            os.chown(partial, facts.st_uid, facts.st_gid)
        except PermissionError:
            raise ErasureError(
                f"{path} belongs to another user or group, and would not any more: run scripts/erase as its owner."
            ) from None
    partial.chmod(facts.st_mode & 0o7777)
    os.utime(partial, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _without_parquet(file: FileRows, partial: Path) -> int:
    numbers = ", ".join(map(str, sorted(file.rows)))
    source = f"read_parquet({only_path(file.path)}, hive_partitioning = false, file_row_number = true)"
    with _private(), duckdb.connect() as connection:
        copied = connection.execute(
            f"copy (select * exclude (file_row_number) from {source} where file_row_number + 1 not in ({numbers}))"
            f" to {literal(str(partial))} (format parquet)"
        ).fetchone()
    return int(copied[0]) if copied else 0


@contextmanager
def _private() -> Iterator[None]:
    """Files made meanwhile are open to their owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _without_text(file: FileRows, partial: Path) -> int:
    text = probe(file.path, file.format.endswith(".gz"))
    lines = text.lines()
    kept = 0
    with _written_like(text, partial) as stream:
        for part, stays in _parts(text, file):
            written = _as_written(lines, part, file.path)
            if stays:
                stream.write(written)
                kept += 1
    return kept if file.format.startswith("jsonl") else kept - 1


def _parts(text: TextFile, file: FileRows) -> Iterator[tuple[str, bool]]:
    """The header, when there is one, and the records, each with whether it stays."""
    if file.format.startswith("jsonl"):
        records = lines_of_records(text)
    else:
        header = read_header(text, frozenset(read_contract().tables[file.table].column_names))
        yield text_of_header(text, header), True
        records = delimited_records(text, header)
    for record in records:
        if record.fields is None and len(record.text) >= KEPT_TEXT:
            raise ErasureError(
                f"Record {record.row} of {file.path} is too long to be kept as it is: take it out, then run again."
            )
        yield record.text, record.row not in file.rows


def _as_written(lines: Iterator[str], part: str, path: Path) -> str:
    """The next lines of a file, which make up this part of it, with their ends."""
    found: list[str] = []
    size = 0
    for line in lines:
        if not found and not line.rstrip("\r\n"):
            continue
        found.append(line)
        size += len(line)
        if size >= len(part):  # a part has no line end behind it: more lines would not make one of these
            written = "".join(found)
            if written.rstrip("\r\n") == part:
                return written
            break
    raise ErasureError(f"{path} cannot be written without loss: take the person's rows out, then run again.")


@contextmanager
def _written_like(text: TextFile, path: Path) -> Iterator[io.TextIOWrapper]:
    """A new file with the encoding, byte-order mark and compression of another."""
    with (gzip.open if text.is_compressed else open)(text.path, "rb") as old:
        has_mark = old.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as plain:
        stream = (
            cast(io.BufferedIOBase, gzip.GzipFile(fileobj=plain, mode="wb")) if text.is_compressed else plain
        )
        with io.TextIOWrapper(
            cast(io.BufferedWriter, stream), text.encoding, "surrogateescape", newline=""
        ) as new:
            new.write("\ufeff" if has_mark else "")
            yield new


def remove_leftovers(raw: Path) -> None:
    """Remove what an erasure that was killed left beside the raw files."""
    for path in every_file(raw):
        if path.name.startswith(".") and path.name.endswith(LEFTOVER):
            path.unlink()


def every_file(folder: Path, on_error: Callable[[OSError], object] | None = None) -> Iterator[Path]:
    """Every file below a folder, also those the loader passes over; a link to a folder is followed once.

    `on_error` hears of folders that cannot be read.
    """
    seen: set[tuple[int, int]] = set()
    for parent, folders, names in os.walk(folder, onerror=on_error, followlinks=True):
        facts = Path(parent).stat()
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        folders.sort()
        yield from (path for name in sorted(names) if (path := Path(parent, name)).is_file())
