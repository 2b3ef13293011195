"""Make the raw files readable: schema `raw` of the build's own DuckDB file.

`raw.<table>` is a view with every column of the contract as text, whatever the files hold: text files are
read into `raw_text.<table>` now, Parquet files are read in place when the view is. Its last columns:

    _unlisted    what the file holds besides the contract's columns, as a JSON object, or null
    _file        path below the raw folder
    _row         number of the record in its file, from 1; records that cannot be parsed count, headers do not
    _landed_at   the file's time of modification, in UTC

`raw.files`, `raw.unparseable_lines` and `raw.run` say what was found and when: nothing is dropped in silence.

A full refresh reads every file. An increment reads those that are new or replaced since the last run that came
to its end, and those that have to be judged again; the views then hold the rows of these alone, and the models
keep what they know of the others (`raw.files.is_read_now` tells them apart).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from callmart.connectors import Folders, exports_of
from callmart.contract import Contract, Format, Table, read_contract
from callmart.parquet_files import ParquetFile, read_metadata, rows_of
from callmart.sql_text import identifier, literal, timestamp
from callmart.text_files import UnreadableFileError
from callmart.text_loading import OWN_COLUMNS, UNLISTED, Loaded, RawFile, Shape, TextLoader, raw_file

ENDINGS = (".csv.gz", ".csv", ".jsonl.gz", ".jsonl", ".parquet")
EXPORT_ENDINGS = (*ENDINGS, ".json.gz", ".json")  # a document is what an interface answers
ReadBecause = Literal["new", "replaced", "judged again"]

# The columns of raw.files, and what a FileLanding calls them.
_FILE_COLUMNS = {
    "raw_table": "raw_table",
    "file": "file",
    "format": "format",
    "bytes": "size_bytes",
    "modified_at": "modified_at",
    "status": "status",
    "reason": "reason",
    "landed_rows": "landed_rows",
    "unparseable_lines": "unparseable_lines",
    "read_because": "read_because",
    "future_at": "future_at",
    "sha256": "sha256",
}
# The earliest instant of a file's rows that were rejected because it lay in the future. One that only the models
# can read counts as come, and one that Python cannot hold as the last one it does.
_EARLIEST_FUTURE = """
    with instants as (
        select
            file,
            json_extract_string(record, '$.' || unnest(regexp_extract_all(reasons, 'future instant: ([a-z_]+)', 1)))
                as instant
        from {rejected}
        where is_rejected and reasons like '%future instant: %'
    )
    select
        file,
        least(
            min(coalesce(make_timestamp(epoch_us(try_cast(instant as timestamptz))), 'epoch')), timestamp '9999-12-31'
        ) as future_at
    from instants
    group by file
"""
_ZONES = timedelta(days=1)  # an instant without a zone may have come earlier than it says
_UNPARSEABLE_COLUMNS = 'raw_table varchar, file varchar, "row" bigint, line varchar, error varchar'


class LandingError(ValueError):
    """What was asked of the loader cannot be done; the message says what to change."""


@dataclass(frozen=True)
class RunFacts:
    """What the models know of a run.

    `run_started_at` needs a zone; `salt` is the key of the hash that replaces personal data; `is_sample` says
    whether the raw data were made up; `is_full_refresh` whether everything is built anew; `rebuild` names the
    local days, first and last, that an increment builds anew whatever the files say; `fingerprint` stands for all
    that the models' results depend on beside the files.
    """

    run_started_at: datetime
    salt: str
    is_sample: bool
    is_full_refresh: bool = True
    rebuild: tuple[date, date] | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class FileLanding:
    """A file found under a table's folder and what became of it.

    `landed_rows` counts its records, the unparseable ones included; `modified_at` is in UTC; `reason` says
    why it was skipped; `read_because` why this run read it, null for a file that it had no need to read;
    `future_at` is the earliest instant, in UTC, of its rows that were rejected because that lay in the future;
    `sha256` stands for the bytes of a loaded file, in hexadecimal.
    """

    raw_table: str
    file: str
    format: str
    size_bytes: int
    modified_at: datetime | None
    status: Literal["loaded", "skipped"]
    reason: str | None = None
    landed_rows: int = 0
    unparseable_lines: int = 0
    read_because: ReadBecause | None = None
    future_at: datetime | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class LandingReport:
    """What landed.

    `rows` counts the rows landed of each table, in this run or before; `stray_files` lie in the raw folder itself,
    under no table's folder; `missing_required` names tables without which there is nothing to build; `gone` are
    files that were there in an earlier run: their rows stay until a full refresh.
    """

    files: tuple[FileLanding, ...]
    rows: Mapping[str, int]
    unknown_folders: tuple[str, ...]
    stray_files: tuple[str, ...]
    unknown_columns: Mapping[str, tuple[str, ...]]
    missing_required: tuple[str, ...]
    gone: tuple[str, ...] = ()

    @property
    def read_now(self) -> tuple[FileLanding, ...]:
        """The files that this run read."""
        return tuple(file for file in self.files if file.read_because is not None)

    @property
    def loaded(self) -> tuple[FileLanding, ...]:
        """The files that were loaded."""
        return tuple(file for file in self.files if file.status == "loaded")

    @property
    def skipped(self) -> tuple[FileLanding, ...]:
        """The files that were not."""
        return tuple(file for file in self.files if file.status == "skipped")


OnProgress = Callable[[FileLanding], None]


def land(
    connection: duckdb.DuckDBPyConnection,
    raw_folder: Path,
    run: RunFacts,
    pass_through: Mapping[str, Sequence[str]],
    on_progress: OnProgress | None = None,
    connectors: Folders | None = None,
) -> LandingReport:
    """Write schema `raw` anew from the files below the raw folder; `on_progress` hears of each file.

    The connection writes the build's file and has no transaction open. `connectors` says which exports are read beside
    the tables of the contract. Raises LandingError when `pass_through` (columns to carry besides the contract's, by
    table) names what cannot be carried.
    """
    contract = read_contract()
    exports = exports_of(connectors or {})
    shapes = _shapes(contract, pass_through) | _export_shapes(exports, connectors or {})
    root = Path(os.path.realpath(raw_folder))
    with _ordered(connection), _scratch_folder(connection) as scratch:
        before = LandedBefore() if run.is_full_refresh else landed_before(connection, run.run_started_at)
        _create_text_schema(connection)
        loader = TextLoader(connection, scratch)
        found: dict[str, _Found] = {}
        changed = _changed_folders(exports, shapes, root, before)
        for name, shape in shapes.items():
            if name in exports:
                known = before.of_table(name, changed if exports[name].read_whole else ())
            else:
                judged_with = found.get(contract.tables[name].judged_with or "")
                known = before.of_table(
                    name, (name,) if judged_with is not None and judged_with.is_read else ()
                )
            found[name] = _land_table(connection, loader, shape, root, known, on_progress)
        _replace_raw_schema(connection, run, before, shapes, root, found)
    return _report(contract, root, shapes, found)


def phone_numbers_present(
    connection: duckdb.DuckDBPyConnection, outside: Collection[str] = (), connectors: Folders | None = None
) -> bool:
    """Whether anything landed of which only a keyed hash may leave staging, telephone numbers first.

    Files named in `outside` (paths below the raw folder) are not looked at; the exports of `connectors` are.
    """
    for table in (*read_contract().tables.values(), *exports_of(connectors or {}).values()):
        for column in map(identifier, table.hashed_columns):
            query = (
                f"select 1 from raw.{identifier(table.name)}"
                f" where trim({column}) <> '' and not list_contains(?, _file) limit 1"
            )
            if connection.execute(query, [list(outside)]).fetchone():
                return True
    return False


def _shapes(contract: Contract, pass_through: Mapping[str, Sequence[str]]) -> dict[str, Shape]:
    for name in pass_through:
        if name not in contract.tables:
            raise LandingError(
                f"Remove `{name}` from pass_through_columns: it is no table of the raw contract."
            )
    return {
        name: Shape(name, (*table.column_names, *_passed(table, pass_through.get(name, ()))))
        for name, table in contract.tables.items()
    }


def _export_shapes(exports: Mapping[str, Table], connectors: Folders) -> dict[str, Shape]:
    shapes = {}
    for name, table in exports.items():
        connector, _, export = name.partition("__")
        folders = tuple(f"{folder}/{export}" for folder in connectors[connector])
        shapes[name] = Shape(name, table.column_names, folders, table.layout)
    return shapes


def _changed_folders(
    exports: Mapping[str, Table], shapes: Mapping[str, Shape], root: Path, before: LandedBefore
) -> set[str]:
    """The connectors' folders in which an export that is read whole has a file to read."""
    changed = set()
    for name, table in exports.items():
        if not table.read_whole:
            continue
        known = before.of_table(name, ())
        changed |= {_first_folder(file) for file, (_, read_because) in known.items() if read_because}
        for path in _files_of(shapes[name], root):
            file = _shown(path.relative_to(root).as_posix())
            if file not in known or not _is_as_it_was(shapes[name], path, known[file].landing):
                changed.add(_first_folder(file))
    return changed


def _is_as_it_was(shape: Shape, path: Path, landing: FileLanding) -> bool:
    try:
        raw = raw_file(shape, path, landing.file)
    except UnreadableFileError:
        return landing.status == "skipped"
    return (raw.size_bytes, raw.modified_at) == (landing.size_bytes, landing.modified_at)


def _first_folder(file: str) -> str:
    return file.partition("/")[0]


def _passed(table: Table, names: Iterable[str]) -> list[str]:
    passed = list(dict.fromkeys(name.strip().lower() for name in names))
    for name in passed:
        if not name or name.startswith("_"):
            raise LandingError(
                f"Rename `{name}` in pass_through_columns of {table.name}: a column may not begin with `_`."
            )
    return [name for name in passed if name not in table.column_names]


# What earlier runs left


@dataclass(frozen=True)
class LandedBefore:
    """What the work file knows of the runs before: nothing in a full refresh.

    `is_complete` says whether the last of them came to its end; `future_until` is the instant at which what lay in the
    future then may have come; `refreshed_at` when the full refresh started that everything since is built upon.
    """

    files: tuple[FileLanding, ...] = ()
    is_complete: bool = False
    future_until: datetime | None = None
    refreshed_at: datetime | None = None

    def of_table(self, name: str, judge_all_in: Collection[str]) -> dict[str, _Known]:
        """The files of a table, and of each whether it has to be read although it is as it was, and why.

        Those in a folder of `judge_all_in` have to.
        """
        known = {}
        for file in self.files:
            if file.raw_table != name:
                continue
            # What a run that broke off has read may not have reached the models.
            because = None if self.is_complete else file.read_because
            if because is None and (
                _first_folder(file.file) in judge_all_in or self._has_come(file.future_at)
            ):
                because = "judged again"
            known[file.file] = _Known(file, because)
        return known

    def _has_come(self, future_at: datetime | None) -> bool:
        return future_at is not None and self.future_until is not None and future_at <= self.future_until


class _Known(NamedTuple):
    landing: FileLanding
    read_because: ReadBecause | None


def landed_before(connection: duckdb.DuckDBPyConnection, run_started_at: datetime) -> LandedBefore:
    """Read from the work file what the runs before landed; empty in a new one."""
    if not has_table(connection, "raw", "files"):
        return LandedBefore()
    rows = connection.execute(f"select {', '.join(_FILE_COLUMNS)} from raw.files").fetchall()
    facts = [dict(zip(_FILE_COLUMNS.values(), row, strict=True)) for row in rows]
    for fact in facts:
        for name in ("modified_at", "future_at"):
            fact[name] = fact[name] and fact[name].replace(tzinfo=UTC)
    files = tuple(FileLanding(**fact) for fact in facts)
    found = connection.execute("select completed_at is not null, refreshed_at from raw.run").fetchone()
    is_complete, refreshed_at = found or (False, None)
    return LandedBefore(
        files,
        is_complete,
        future_until=run_started_at + _ZONES,
        refreshed_at=refreshed_at and refreshed_at.replace(tzinfo=UTC),
    )


def note_future_rows(connection: duckdb.DuckDBPyConnection, rejected: str) -> None:
    """Note of each file in `raw.files` from when on it has to be judged again, because a row lay in the future.

    `rejected` is the relation of rejected records as the models of this run left it, quoted where it has to be.
    """
    connection.execute(
        "update raw.files set future_at = (select future_at from"
        f" ({_EARLIEST_FUTURE.format(rejected=rejected)}) as future"
        " where future.file = files.file)"
    )


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    """Whether a table or view of that name exists."""
    query = "select 1 from information_schema.tables where table_schema = ? and table_name = ?"
    return connection.execute(query, [schema, name]).fetchone() is not None


# Files and folders


@dataclass
class _Found:
    """What a table's folder gave."""

    files: list[FileLanding] = field(default_factory=list)
    has_text: bool = False
    parquet: list[ParquetFile] = field(default_factory=list)
    unknown_columns: set[str] = field(default_factory=set)
    gone: list[str] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        return any(file.read_because for file in self.files)

    @property
    def rows(self) -> int:
        return sum(file.landed_rows - file.unparseable_lines for file in self.files)


def _land_table(
    connection: duckdb.DuckDBPyConnection,
    loader: TextLoader,
    shape: Shape,
    root: Path,
    known: Mapping[str, _Known],
    on_progress: OnProgress | None,
) -> _Found:
    found = _Found()
    with loader.all_files_of(shape):
        for path in _files_of(shape, root):
            name = _shown(path.relative_to(root).as_posix())
            landing = _land_file(connection, loader, shape, path, name, known.get(name), found)
            found.files.append(landing)
            if on_progress is not None and landing.read_because is not None:
                on_progress(landing)
    there = {file.file for file in found.files}
    for name, (landing, read_because) in known.items():
        if name not in there:
            found.gone.append(name)
            found.files.append(_gone(landing, read_because))
    return found


def _files_of(shape: Shape, root: Path) -> list[Path]:
    return [path for folder in shape.folders or (shape.table,) for path in _files_below(root / folder)]


def _gone(landing: FileLanding, read_because: ReadBecause | None) -> FileLanding:
    """A file that is no longer there. Its rows stay, unless the run that read it broke off."""
    if read_because in (None, "judged again"):
        return replace(landing, read_because=None)
    reason = "It went away before a run that read it came to its end."
    return replace(
        landing,
        status="skipped",
        reason=reason,
        landed_rows=0,
        unparseable_lines=0,
        read_because=read_because,
    )


def _files_below(folder: Path) -> list[Path]:
    """Files of a folder and its sub-folders in the byte order of their paths, and folders that cannot be opened.

    Names that start with `_` or `.` are passed over; a link to a folder is followed once.
    """
    files: list[Path] = []
    seen: set[tuple[int, int]] = set()

    def keep_unopened(error: OSError) -> None:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            files.append(Path(error.filename))

    for parent, folders, names in os.walk(folder, onerror=keep_unopened, followlinks=True):
        facts = Path(parent).stat()
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        folders[:] = sorted(name for name in folders if not _is_ignored(name))
        files.extend(Path(parent, name) for name in names if not _is_ignored(name))
    return sorted(files, key=os.fsencode)


def _is_ignored(name: str) -> bool:
    return name.startswith(("_", "."))


def _shown(name: str) -> str:
    """The name as text; bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _format(name: str, shape: Shape) -> str | None:
    """What a file is by its name, or by what its vendor writes."""
    endings = ENDINGS if shape.layout is None else EXPORT_ENDINGS
    told = next((ending[1:] for ending in endings if name.lower().endswith(ending)), None)
    if told is not None or shape.layout is None or shape.layout.format is None:
        return told
    return shape.layout.format + (".gz" if name.lower().endswith(".gz") else "")


def _land_file(
    connection: duckdb.DuckDBPyConnection,
    loader: TextLoader,
    shape: Shape,
    path: Path,
    name: str,
    known: _Known | None,
    found: _Found,
) -> FileLanding:
    file_format = _format(path.name, shape)
    landing = FileLanding(
        raw_table=shape.table,
        file=name,
        format=file_format or path.suffix.lower().removeprefix("."),
        size_bytes=0,
        modified_at=None,
        status="skipped",
        read_because="new" if known is None else known.read_because or "replaced",
    )
    try:
        raw = raw_file(shape, path, landing.file)
        landing = replace(landing, size_bytes=raw.size_bytes, modified_at=raw.modified_at)
        if known is not None and known.read_because is None and _is_same(landing, known.landing):
            return replace(known.landing, read_because=None)
        sha256 = _sha256(raw.path) if file_format else None
        loaded = _load(connection, loader, raw, file_format, found)
    except UnreadableFileError as error:
        skipped = replace(landing, reason=str(error))
        is_known = known is not None and replace(known.landing, read_because=skipped.read_because) == skipped
        return replace(skipped, read_because=None) if is_known else skipped
    found.unknown_columns |= loaded.unknown_columns
    return replace(
        landing,
        status="loaded",
        landed_rows=loaded.rows + loaded.unparseable_lines,
        unparseable_lines=loaded.unparseable_lines,
        sha256=sha256,
    )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFileError(f"It cannot be read ({error.strerror}): check its permissions.") from error


def _is_same(landing: FileLanding, known: FileLanding) -> bool:
    return (landing.size_bytes, landing.modified_at) == (known.size_bytes, known.modified_at)


def _load(
    connection: duckdb.DuckDBPyConnection,
    loader: TextLoader,
    raw: RawFile,
    file_format: str | None,
    found: _Found,
) -> Loaded:
    if file_format is None:
        endings = ENDINGS if raw.shape.layout is None else EXPORT_ENDINGS
        raise UnreadableFileError(f"Its name ends in none of {', '.join(endings)}: rename it, or remove it.")
    if os.fsencode(raw.path) != str(raw.path).encode("utf-8", "replace"):
        raise UnreadableFileError("Its name is not valid UTF-8: rename it.")
    if file_format == "parquet":
        file = read_metadata(connection, raw.path, raw.shape)
        found.parquet.append(file)
        unknown = set() if raw.shape.layout else set(file.names) - set(raw.shape.columns)
        return Loaded(file.rows, 0, unknown)
    kind: Format = (
        "csv" if file_format.startswith("csv") else "jsonl" if file_format.startswith("jsonl") else "json"
    )
    loaded = loader.load(raw, kind, file_format.endswith(".gz"))
    found.has_text = True
    return loaded


def _report(
    contract: Contract, root: Path, shapes: Mapping[str, Shape], found: Mapping[str, _Found]
) -> LandingReport:
    entries = sorted(root.iterdir(), key=os.fsencode) if root.is_dir() else []
    visible = [entry for entry in entries if not _is_ignored(entry.name)]
    folders = {
        _first_folder(folder) for shape in shapes.values() for folder in shape.folders or (shape.table,)
    }
    has_export = any(found[name].rows for name in shapes if name not in contract.tables)
    unknown_columns = {name: tuple(sorted(table.unknown_columns)) for name, table in found.items()}
    return LandingReport(
        files=tuple(file for table in found.values() for file in table.files),
        rows={name: table.rows for name, table in found.items()},
        unknown_folders=tuple(
            _shown(entry.name) for entry in visible if entry.is_dir() and entry.name not in folders
        ),
        stray_files=tuple(_shown(entry.name) for entry in visible if not entry.is_dir()),
        unknown_columns={name: columns for name, columns in unknown_columns.items() if columns},
        missing_required=tuple(
            name
            for name, table in contract.tables.items()
            if table.required and not found[name].rows and not has_export
        ),
        gone=tuple(sorted(name for table in found.values() for name in table.gone)),
    )


# Schemas and views


@contextmanager
def _ordered(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep rows in the order of their file, whatever the connection's setting."""
    setting = connection.execute("select current_setting('preserve_insertion_order')").fetchone()
    connection.execute("set preserve_insertion_order = true")
    try:
        yield
    finally:
        connection.execute(f"set preserve_insertion_order = {bool(setting and setting[0])}")


@contextmanager
def _scratch_folder(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """A private folder beside the build's file, with room for a copy of a text file; removed at the end."""
    found = connection.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchone()
    beside = Path(found[0]).absolute().parent if found and found[0] else None
    with tempfile.TemporaryDirectory(prefix=".landing-", dir=beside) as folder:
        yield Path(folder)


def _create_text_schema(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop schema if exists raw_text cascade")
    connection.execute("create schema raw_text")
    connection.execute(f"create table raw_text.unparseable_lines ({_UNPARSEABLE_COLUMNS})")


def _replace_raw_schema(
    connection: duckdb.DuckDBPyConnection,
    run: RunFacts,
    before: LandedBefore,
    shapes: Mapping[str, Shape],
    root: Path,
    found: Mapping[str, _Found],
) -> None:
    """Put what this run found in the place of what the run before did, in one transaction."""
    files = [file for table in found.values() for file in table.files]
    connection.execute("begin")
    lines = f"create temp table kept_lines ({_UNPARSEABLE_COLUMNS})"
    connection.execute(
        lines if not before.files else "create temp table kept_lines as from raw.unparseable_lines"
    )
    connection.execute("drop schema if exists raw cascade")
    connection.execute("create schema raw")
    connection.execute(
        "create table raw.files (raw_table varchar, file varchar, format varchar, bytes bigint, "
        "modified_at timestamp, status varchar, reason varchar, landed_rows bigint, unparseable_lines bigint, "
        "read_because varchar, is_read_now boolean, future_at timestamp, sha256 varchar)"
    )
    _record_files(connection, files)
    connection.execute(
        "create table raw.unparseable_lines as from raw_text.unparseable_lines union all"
        " select kept.* from kept_lines as kept inner join raw.files on kept.raw_table = files.raw_table"
        " and kept.file = files.file and not files.is_read_now"
    )
    connection.execute("drop table kept_lines")
    _record_run(connection, run, before)
    for name, table in found.items():
        _create_view(connection, shapes[name], root, table)
    connection.execute("commit")


def _record_run(connection: duckdb.DuckDBPyConnection, run: RunFacts, before: LandedBefore) -> None:
    connection.execute(
        "create table raw.run (run_started_at timestamp, salt varchar, is_sample boolean, is_full_refresh boolean,"
        " follows_complete_run boolean, rebuild_from date, rebuild_to date, fingerprint varchar,"
        " refreshed_at timestamp, completed_at timestamp)"
    )
    refreshed_at = before.refreshed_at or run.run_started_at
    connection.execute(
        "insert into raw.run values (?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
        [
            _in_utc(run.run_started_at),
            run.salt,
            run.is_sample,
            run.is_full_refresh,
            before.is_complete,
            *(run.rebuild or (None, None)),
            run.fingerprint,
            _in_utc(refreshed_at),
        ],
    )


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _record_files(connection: duckdb.DuckDBPyConnection, files: Sequence[FileLanding]) -> None:
    rows = ", ".join(_file_row(file) for file in files)
    if rows:
        connection.execute(f"insert into raw.files values {rows}")


def _file_row(file: FileLanding) -> str:
    texts = (file.raw_table, file.file, file.format)
    modified_at = timestamp(file.modified_at) if file.modified_at else "null"
    reason = literal(file.reason) if file.reason else "null"
    because = literal(file.read_because) if file.read_because else "null"
    future_at = timestamp(file.future_at) if file.future_at else "null"
    sha256 = literal(file.sha256) if file.sha256 else "null"
    return (
        f"({', '.join(map(literal, texts))}, {file.size_bytes}, {modified_at}, {literal(file.status)}, {reason},"
        f" {file.landed_rows}, {file.unparseable_lines}, {because}, {because} is not null,"
        f" {future_at}, {sha256})"
    )


def _create_view(connection: duckdb.DuckDBPyConnection, shape: Shape, root: Path, found: _Found) -> None:
    texts = [f"null::varchar as {identifier(name)}" for name in (*shape.columns, UNLISTED, "_file")]
    empty = f"select {', '.join(texts)}, null::bigint as _row, null::timestamp as _landed_at where false"
    parts = [f"select * from {shape.relation}"] if found.has_text else []
    parts += rows_of(found.parquet, shape, root)
    names = ", ".join(identifier(name) for name in (*shape.columns, *OWN_COLUMNS))
    body = " union all ".join(parts or [empty])
    connection.execute(f"create view raw.{identifier(shape.table)} ({names}) as {body}")
