"""Write the release that readers see as a folder of Parquet files, one per table, for whatever reads that format.

    <table>.parquet   the rows, ordered by their day and their key
    _tables.json      the release, and each table's columns with their types and meanings

The folder is complete or not there: it is written beside its place and renamed. Equal tables make equal files.

Exit codes: 0 written; 1 it failed, and the folder is as it was; 2 the command line is wrong; 75 another export writes
to the same place.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from callmart.paths import warehouse_folder
from callmart.progress import Progress
from callmart.releases import ReleaseError
from callmart.sinks.source import BusyError, Release, SinkError, Table, open_current
from callmart.sql_text import identifier, literal

DESCRIPTION = "_tables.json"
WRITTEN, FAILED, BUSY = 0, 1, 75


def export(warehouse: Path, folder: Path, progress: Progress | None = None) -> str:
    """Write the current release into `folder`, in the place of an earlier export; return the release's name.

    Raises:
        BusyError: another process exports to the same place.
        SinkError: the folder holds anything else, or cannot be written.
        ReleaseError: nothing is published, or the release cannot be read.
    """
    progress = progress or Progress()
    folder = folder.absolute()
    try:
        with _partial(folder) as partial, open_current(warehouse, partial / ".spill") as release:
            _check_replaceable(folder)
            progress.step("Exporting")
            for table in release.tables:
                progress.detail(table.name)
                _write_table(release, table, partial)
            described = json.dumps(_description(release), indent=2, ensure_ascii=False)
            (partial / DESCRIPTION).write_text(described + "\n", encoding="utf-8")
            shutil.rmtree(partial / ".spill", ignore_errors=True)
            _put_in_place(partial, folder)
            return release.name
    except duckdb.Error as error:
        raise SinkError(f"Nothing was exported: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise SinkError(f"Nothing was exported: {error}") from error


def _write_table(release: Release, table: Table, folder: Path) -> None:
    if "/" in table.name or table.name.startswith("."):
        raise SinkError(f"Nothing was exported: {table.name!r} is no name for a file.")
    path = folder / f"{table.name}.parquet"
    order = _order(table)
    release.connection.execute(
        f"copy (from {table.relation}"
        + (f" order by {', '.join(f'{identifier(name)} nulls last' for name in order)}" if order else "")
        + f") to {literal(str(path))} (format parquet, compression zstd)"
    )


def _order(table: Table) -> list[str]:
    """A total order, by the first day of the row before anything else: most questions are about some days."""
    days = [column.name for column in table.columns if column.type == "DATE"][:1]
    return list(dict.fromkeys([*days, *table.key]))


def _description(release: Release) -> dict[str, object]:
    return {
        "release": release.name,
        "as_of": release.facts.get("as_of"),
        "is_sample": release.facts.get("is_sample"),
        "tables": [
            {
                "name": table.name,
                "file": f"{table.name}.parquet",
                "description": table.description,
                "rows": table.rows,
                "key": list(table.key),
                "columns": [
                    {"name": column.name, "type": column.type, "description": column.description}
                    for column in table.columns
                ],
            }
            for table in release.tables
        ],
    }


# The folder


def _check_replaceable(folder: Path) -> None:
    """Refuse a place that holds what no export has written."""
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise SinkError(f"{folder} is no folder: name another with --out.")
    present = {path.name for path in folder.iterdir()}
    if not present:
        return
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        ours = {DESCRIPTION, *(table["file"] for table in described["tables"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise SinkError(
            f"{folder} holds something else than an export: name another folder with --out."
        ) from None
    if present - ours:
        raise SinkError(
            f"{folder} holds {', '.join(sorted(present - ours))}, which no export has written: move it away, or name "
            "another folder with --out."
        )


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """A new folder beside the place, gone at the end unless it was renamed.

    Meanwhile the folder around both is locked: what a killed export has left there is nobody's.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    folder.parent.mkdir(parents=True, exist_ok=True)
    around = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(around, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"Another export writes into {folder.parent}: wait until it ends.") from None
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o750)
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    finally:
        os.close(around)


def _put_in_place(partial: Path, folder: Path) -> None:
    """Rename; an earlier export steps aside for it, and comes back when that fails."""
    aside = folder.with_name(f".{folder.name}.replaced")
    shutil.rmtree(aside, ignore_errors=True)
    if not folder.exists():
        partial.rename(folder)
        return
    folder.rename(aside)
    try:
        partial.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/export`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/export", description="Write the current release as files that other tools read."
    )
    parser.add_argument("--format", choices=("parquet",), default="parquet", help="default %(default)s")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="a new folder, or that of an earlier export"
    )
    options = parser.parse_args(arguments)
    progress = Progress()
    try:
        name = export(warehouse_folder(), options.out, progress)
    except BusyError as error:
        print(f"export: {error}", file=sys.stderr)
        return BUSY
    except (SinkError, ReleaseError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return FAILED
    progress.done(f"Exported the release {name} to {options.out}.")
    return WRITTEN


if __name__ == "__main__":
    sys.exit(main())
