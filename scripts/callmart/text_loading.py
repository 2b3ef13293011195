"""Load text files into `raw_text.<table>`, one transaction a file: a file is there whole or not at all.

DuckDB reads a file directly when that is sure to give its records (`is_well_formed`, and as many rows as were
counted); otherwise the records are told apart one by one first, and the broken ones go to
`raw_text.unparseable_lines`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import NamedTuple

import duckdb

from callmart.contract import Format, Layout, snake_case
from callmart.runs import without_values
from callmart.sql_text import field, identifier, json_object, literal, read_clean, read_csv, timestamp
from callmart.text_files import (
    CleanFile,
    Header,
    Record,
    TextFile,
    UnreadableFileError,
    contract_column,
    delimited_records,
    is_well_formed,
    lines_of_records,
    of_first_record,
    probe,
    read_header,
    records_of_document,
)

SMALL_FILE = 8 * 1024 * 1024  # bytes; up to here the wait for the disk costs more than the rows
SMALL_FILES = 16 * SMALL_FILE

UNLISTED = "_unlisted"
OWN_COLUMNS = (UNLISTED, "_file", "_row", "_landed_at")

# Characters no sound line of JSON holds: with them a line of text is one column.
NEVER_IN_JSON = "\x01"
NEVER_A_LINE = "\x02"

# A member whose value has a fraction or an exponent, and such a one as DuckDB would write otherwise than the
# file does (12.50, 1e3, more digits than a double holds). In a string, the same follows an escaped quote.
FRACTION = r'([^\\]":\s*)(-?[0-9]+(?:\.[0-9]+[eE][-+]?[0-9]+|[eE][-+]?[0-9]+|\.[0-9]+))(\s*[,}])'
REWRITTEN_FRACTION = r'":\s*-?(?:[0-9.]+[eE]|[0-9]+\.[0-9]+0\s*[,}]|[0-9.]{16}|0\.0000)'


@dataclass(frozen=True)
class Shape:
    """The columns a raw table takes from its files: the contract's, then those passed through.

    `folders` are those of an export below the raw folder, and `layout` how its vendor writes it; a table of the
    contract has a folder of its own name. What an export holds besides its columns is kept when its layout says so.
    """

    table: str
    columns: tuple[str, ...]
    folders: tuple[str, ...] = ()
    layout: Layout | None = None

    def column_of(self, name: str) -> str:
        """The column that a file's name of it stands for, known or not."""
        return contract_column(name) if self.layout is None else snake_case(name)

    @property
    def keeps_others(self) -> bool:
        """Whether what a file holds besides the columns is kept as `_unlisted`."""
        return self.layout is None or self.layout.keeps_others

    @property
    def relation(self) -> str:
        """The table that holds the text files' rows."""
        return f"raw_text.{identifier(self.table)}"

    @property
    def gathered(self) -> str:
        """The table in memory that gathers the rows of small files."""
        return f"temp.{identifier('landing_' + self.table)}"


@dataclass(frozen=True)
class RawFile:
    """A file of a raw table: its path, its name below the raw folder, its bytes, its last change (UTC)."""

    shape: Shape
    path: Path
    name: str
    size_bytes: int
    modified_at: datetime


class Loaded(NamedTuple):
    """Rows and unparseable lines of one file, and the names of its columns that nothing reads."""

    rows: int
    unparseable_lines: int
    unknown_columns: set[str]


class _MisreadError(Exception):
    """DuckDB's reader found another number of records than the file has: each has to be looked at."""


def raw_file(shape: Shape, path: Path, name: str) -> RawFile:
    """A file as it is now. Raises UnreadableFileError when it cannot be reached or is no file.

    Of folders only those come here whose files nobody can list.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise UnreadableFileError(f"It cannot be reached ({error.strerror}): remove it.") from error
    if S_ISDIR(facts.st_mode):
        raise UnreadableFileError("It is a folder that cannot be opened: check its access rights.")
    if not S_ISREG(facts.st_mode):
        raise UnreadableFileError("It is no regular file: remove it.")
    return RawFile(shape, path, name, facts.st_size, _modified_at(facts))


def _modified_at(facts: os.stat_result) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=facts.st_mtime_ns // 1000)


class TextLoader:
    """Reads text files; the scratch folder takes a copy of one that is looked at record by record."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self._sound = scratch / "sound.csv"
        self._broken = scratch / "broken.csv"
        self._gathered_bytes = 0

    def load(self, raw: RawFile, kind: Format, is_compressed: bool) -> Loaded:
        """Load one file. Raises UnreadableFileError when it is to be skipped."""
        text = probe(raw.path, is_compressed)
        self._create_tables(raw.shape)
        try:
            if kind == "csv":
                loaded = self._load_delimited(raw, text)
            else:
                loaded = self._load_json(raw, text, is_document=kind == "json")
        except duckdb.InvalidInputException as error:
            raise UnreadableFileError(
                f"DuckDB cannot load it: {without_values(str(error).splitlines()[0])}"
            ) from error

        self._gathered_bytes += raw.size_bytes if raw.size_bytes <= SMALL_FILE else 0
        if self._gathered_bytes > SMALL_FILES:
            self._store_gathered(raw.shape)
        return loaded

    @contextmanager
    def all_files_of(self, shape: Shape) -> Iterator[None]:
        """Around the loading of all files of one table: rows of small files are stored many files at a time."""
        try:
            yield
            self._store_gathered(shape)
        finally:
            self._connection.execute(f"drop table if exists {shape.gathered}")

    def _store_gathered(self, shape: Shape) -> None:
        if self._gathered_bytes:
            self._connection.execute(f"insert into {shape.relation} select * from {shape.gathered}")
            self._connection.execute(f"drop table {shape.gathered}")
            self._gathered_bytes = 0

    def _create_tables(self, shape: Shape) -> None:
        columns = ", ".join(f"{identifier(column)} varchar" for column in (*shape.columns, UNLISTED))
        for kind, relation in (("", shape.relation), ("temp", shape.gathered)):
            self._connection.execute(
                f"create {kind} table if not exists {relation}"
                f" ({columns}, _file varchar, _row bigint, _landed_at timestamp)"
            )

    @contextmanager
    def _whole_file(self, raw: RawFile) -> Iterator[list[int]]:
        """A transaction around one file; its caller puts counts of rows and unparseable lines into the list.

        Undone when there are none, or when the file changed meanwhile.
        """
        counts: list[int] = []
        self._connection.begin()
        try:
            yield counts
            if not any(counts):
                raise UnreadableFileError(
                    "It holds a header and no row: send it again if it should hold some."
                )
            if raw_file(raw.shape, raw.path, raw.name) != raw:
                raise UnreadableFileError("It was still being written: the next run reads it.")
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    # Delimited text

    def _load_delimited(self, raw: RawFile, text: TextFile) -> Loaded:
        header = self._header(raw.shape, text)
        own = header if header.is_written else of_first_record(text, header)
        if own.is_first_line and len(own.names) > 1 and _is_for_duckdb(text, own):
            with suppress(duckdb.InvalidInputException, _MisreadError):
                return self._load_regular(raw, text, own)
        longest = self._sort_out(delimited_records(text, header))
        source = read_clean(self._sound, len(header.names), longest)
        with self._whole_file(raw) as counts:
            counts.append(self._insert_broken(raw))
            return self._insert_delimited(raw, header, source, "_record", counts)

    def _header(self, shape: Shape, text: TextFile) -> Header:
        layout = shape.layout
        if layout is None or layout.has_header:
            return read_header(text, frozenset(shape.columns), shape.column_of)
        return Header(
            shape.columns, layout.delimiter, is_first_line=True, is_written=False, is_ragged=layout.is_ragged
        )

    def _load_regular(self, raw: RawFile, text: TextFile, header: Header) -> Loaded:
        source = read_csv(
            text.path,
            len(header.names),
            delim=header.delimiter,
            header=header.is_written,
            compression="gzip" if text.is_compressed else "none",
            parallel=not text.has_quote,
        )
        with self._whole_file(raw) as counts:
            loaded = self._insert_delimited(raw, header, source, "row_number() over ()", counts)
            if loaded.rows + header.is_written != text.record_count:
                raise _MisreadError
        return loaded

    def _insert_delimited(
        self, raw: RawFile, header: Header, source: str, row: str, counts: list[int]
    ) -> Loaded:
        listed, unlisted = divided(header.names, raw.shape.columns)
        values = [field(listed[name]) if name in listed else "null" for name in raw.shape.columns]
        kept = unlisted if raw.shape.keeps_others else {}
        values.append(json_object({label: field(position) for label, position in kept.items()}))
        unparseable = sum(counts)
        rows = self._insert(raw, values, row, source)
        counts.append(rows)
        return Loaded(rows, unparseable, self._unknown(raw.shape, header.names))

    def _unknown(self, shape: Shape, names: Iterable[str]) -> set[str]:
        """Names of columns that nothing reads. A vendor's export has many, which is no news."""
        return set() if shape.layout else set(names) - set(shape.columns) - {""}

    # JSON Lines

    def _load_json(self, raw: RawFile, text: TextFile, is_document: bool) -> Loaded:
        if not is_document and text.is_regular and text.line_count is not None:
            with suppress(duckdb.InvalidInputException, _MisreadError):
                return self._load_regular_json(raw, text)
        layout = raw.shape.layout or Layout()
        longest = self._sort_out(
            records_of_document(text, layout.records) if is_document else lines_of_records(text)
        )
        with self._whole_file(raw) as counts:
            counts.append(self._insert_broken(raw))
            return self._insert_json(raw, f"select * from {read_clean(self._sound, 1, longest)}", counts)

    def _load_regular_json(self, raw: RawFile, text: TextFile) -> Loaded:
        source = read_csv(
            text.path,
            1,
            delim=NEVER_IN_JSON,
            quote="",
            escape="",
            nullstr=NEVER_A_LINE,
            header=False,
            compression="gzip" if text.is_compressed else "none",
        )
        with self._whole_file(raw) as counts:
            loaded = self._insert_json(raw, f"select row_number() over (), * from {source}", counts)
            if sum(counts) != text.line_count:
                raise _MisreadError
        return loaded

    def _insert_json(self, raw: RawFile, lines: str, counts: list[int]) -> Loaded:
        self._connection.execute(
            "create or replace temp table landing_lines as select *, case"
            " when not json_valid(line) then 'It is not valid JSON.'"
            " when json_type(line) <> 'OBJECT' then 'It is JSON, but no object.'"
            f" end as error from ({lines}) as lines (row, line)"
        )
        counts.append(
            self._count(
                f"insert into raw_text.unparseable_lines select {literal(raw.shape.table)}, {literal(raw.name)},"
                " row, line, error from landing_lines where error is not null"
            )
        )
        unparseable = sum(counts)
        keys = self._json_keys()
        named = {key: raw.shape.column_of(key) for key in keys}
        listed = {key: name for key, name in named.items() if name in raw.shape.columns}
        has_others = raw.shape.keeps_others and len(listed) < len(keys)
        rows = self._insert_members(raw, listed, has_others)
        counts.append(rows)
        self._connection.execute("drop table landing_lines")
        return Loaded(rows, unparseable, self._unknown(raw.shape, named.values()))

    def _json_keys(self) -> list[str]:
        keys = self._connection.execute(
            "select distinct unnest(keys) from"
            " (select distinct json_keys(line) as keys from landing_lines where error is null)"
        ).fetchall()
        return sorted(key for (key,) in keys)

    def _insert_members(self, raw: RawFile, listed: Mapping[str, str], has_others: bool) -> int:
        """Insert the listed members (key -> column) as columns, all others as `_unlisted`.

        Of two keys that mean the same column, the one written like the column wins, unless it is null.
        """
        keys = sorted(listed, key=lambda key: (key != listed[key], key))
        sources: dict[str, list[str]] = {}
        for position, key in enumerate(keys, start=1):
            sources.setdefault(listed[key], []).append(f"members[{position}]")
        values = [
            f"coalesce({', '.join(sources[name])})" if name in sources else "null"
            for name in raw.shape.columns
        ]
        without = literal(json.dumps(dict.fromkeys(listed), ensure_ascii=False))
        others = f"nullif(cast(json_merge_patch(line, {without}) as varchar), '{{}}')"
        values.append(others if has_others else "null")
        lines = f"select row, line, {self._members(keys)} as members from landing_lines where error is null"
        return self._insert(raw, values, "row", f"({lines})")

    def _members(self, keys: Sequence[str]) -> str:
        """The members under the keys as a list of texts, numbers as the file writes them."""
        paths = "[" + ", ".join(literal(_pointer(key)) for key in keys) + "]::varchar[]"
        plain = f"json_extract_string(line, {paths})"
        is_rewritten = f"regexp_matches(line, {literal(REWRITTEN_FRACTION)})"
        if not self._connection.execute(
            f"select 1 from landing_lines where error is null and {is_rewritten} limit 1"
        ).fetchone():
            return plain
        quoted = f"regexp_replace(line, {literal(FRACTION)}, '\\1\"\\2\"\\3', 'g')"
        exact = f"json_extract_string({quoted}, {paths})"
        # An object or array stays as it is: its own numbers are not to become strings.
        either = "case when pair[1][1:1] in ('{', '[') then pair[1] else pair[2] end"
        return (
            f"case when {is_rewritten} and json_valid({quoted})"
            f" then list_transform(list_zip({plain}, {exact}), lambda pair: {either}) else {plain} end"
        )

    # Both

    def _sort_out(self, records: Iterable[Record]) -> int:
        """Write sound and broken records down apart; the length in bytes of the longest."""
        with CleanFile(self._sound) as sound, CleanFile(self._broken) as broken:
            for record in records:
                if record.fields is None:
                    broken.add(record.row, (record.text, record.error or ""))
                else:
                    sound.add(record.row, record.fields)
        return max(sound.longest_bytes, broken.longest_bytes)

    def _insert_broken(self, raw: RawFile) -> int:
        longest = self._broken.stat().st_size
        return self._count(
            f"insert into raw_text.unparseable_lines select {literal(raw.shape.table)}, {literal(raw.name)}, *"
            f" from {read_clean(self._broken, 2, longest)}"
        )

    def _insert(self, raw: RawFile, values: Sequence[str], row: str, source: str) -> int:
        relation = raw.shape.gathered if raw.size_bytes <= SMALL_FILE else raw.shape.relation
        return self._count(
            f"insert into {relation} select {', '.join(values)}, {literal(raw.name)}, {row},"
            f" {timestamp(raw.modified_at)} from {source}"
        )

    def _count(self, insertion: str) -> int:
        counted = self._connection.execute(insertion).fetchone()
        return int(counted[0]) if counted else 0


def _is_for_duckdb(text: TextFile, header: Header) -> bool:
    if header.is_ragged:
        return False
    is_countable = text.is_regular and text.record_count is not None
    return is_countable and (not text.has_quote or is_well_formed(text, header))


def _pointer(key: str) -> str:
    """JSON pointer (RFC 6901) to a member of an object."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def divided(names: Sequence[str], known: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Positions of a file's known names, and of everything else under a label of its own.

    The first of several columns with the same name keeps it; the others are labelled `name_2`, `name_3`...; a
    column without a name is labelled `column_<position from 1>`.
    """
    listed: dict[str, int] = {}
    unlisted: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in known and name not in listed:
            listed[name] = position
            continue
        base = name or f"column_{position + 1}"
        label, turn = base, 1
        while label in unlisted or label in known:
            turn += 1
            label = f"{base}_{turn}"
        unlisted[label] = position
    return listed, unlisted
