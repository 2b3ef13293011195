"""The whole job: raw files in, a checked release out, a scorecard at the end.

Exit codes: 0 the release is published; 1 the build failed and `current` is as it was; 2 a setting or an option
was refused before anything ran; 3 published, but `--strict` was given and a file was skipped; 75 another build
is running in the same warehouse.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType
from typing import Literal, NoReturn

import duckdb

from callmart.dashboard import DASHBOARD, compose
from callmart.erasure.erased_list import ErasedListError, returned
from callmart.erasure.person import Relation
from callmart.erasure.raw_files import landed_relations, raw_relations
from callmart.increments import (
    code_digest,
    complete_run,
    fingerprint_of,
    what_was_rebuilt,
    why_full_refresh,
)
from callmart.landing import FileLanding, LandingReport, RunFacts, land, phone_numbers_present
from callmart.lock import BuildLockedError, build_lock
from callmart.memory import limit_memory
from callmart.paths import PROJECT, raw_folder, warehouse_folder
from callmart.progress import Progress
from callmart.publish import DEFAULT_KEEP, publish
from callmart.releases import Companions, ReleaseError, current_release
from callmart.reported import note_reported
from callmart.runs import (
    LOG,
    Outcome,
    Run,
    begin,
    end,
    put_in_place,
    without_paths,
    without_values,
    write_summary,
)
from callmart.sample import SAMPLE_SALT, sample_files, write_sample
from callmart.scorecard import print_scorecard
from callmart.scorecard_text import Language
from callmart.settings import PROJECT_FILE, Settings, SettingsError, load_settings
from callmart.spark_exchange import (
    exchange_folder,
    export_raw,
    fetched_tables,
    handing_back,
    raw_tables_are_in_spark,
    read_back,
    registration,
    registration_of_own_tables,
)
from callmart.transform import (
    Manifest,
    TransformError,
    public_tables,
    run_statements,
    target_type,
    transform,
)

PUBLISHED, FAILED, REFUSED, FILES_SKIPPED, LOCKED = 0, 1, 2, 3, 75


class BuildError(RuntimeError):
    """The build cannot go on; the sentence says what to do."""


@dataclass(frozen=True)
class Options:
    """What the command line and the environment ask for.

    `raw_in_spark` says that the user loads Spark's raw tables; `rebuild` are the first and the last local day to
    build anew whatever the files say; `keep` is the number of releases to keep.
    """

    settings: Settings
    target: str
    on_spark: bool
    raw_in_spark: bool
    full_refresh: bool
    rebuild: tuple[date, date] | None
    strict: bool
    keep: int
    language: Language


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/build`; return its exit code."""
    _now.run, _now.progress, _now.summary, _now.is_logged = Run(), Progress(), None, False
    try:
        given = _given(arguments)
        _now.summary = given.summary
        options = _options(given)
    except (SettingsError, ValueError) as error:
        return _end_run(_refuse(str(error)), "refused", str(error))
    except SystemExit as error:
        if error.code == REFUSED:
            _end_run(REFUSED, "refused", "the options were not understood")
        raise
    _now.run.target = options.target
    warehouse = warehouse_folder()
    try:
        with build_lock(warehouse):
            _begin_run(warehouse)
            try:
                code = _build(options, raw_folder(), warehouse)
                outcome: Outcome = "published" if _now.run.release else "nothing new"
                return _end_run(code, outcome, None)
            except KeyboardInterrupt:
                return _end_run(
                    _fail("Stopped from the keyboard.", warehouse), "failed", "stopped from the keyboard"
                )
            except (
                Exception
            ) as error:  # whatever goes wrong, the user gets one sentence, and the trace goes to a file
                return _end_run(_fail(_sentence(error, warehouse), warehouse), "failed", _sayable(error))
    except BuildLockedError as error:
        print(f"build: {error}", file=sys.stderr)
        return _end_run(LOCKED, "locked", str(error))
    except KeyboardInterrupt:
        return _fail("Stopped from the keyboard.", warehouse)
    except OSError as error:  # the warehouse itself cannot be made or locked
        return _fail(_sentence(error, warehouse), warehouse)


@dataclass
class _Now:
    """The run of this process: what a signal that ends it at once has to log."""

    run: Run
    progress: Progress
    summary: Path | None
    is_logged: bool = False


_now = _Now(Run(), Progress(), None)


def _begin_run(warehouse: Path) -> None:
    try:
        unended = begin(warehouse, _now.run)
    except OSError as error:
        print(f"build: the log of runs cannot be written: {error}", file=sys.stderr)
        return
    if unended:
        print(f"The run {unended} before this one did not end: {warehouse / LOG} says so.", file=sys.stderr)


def _end_run(code: int, outcome: Outcome, reason: str | None) -> int:
    """Log the run and write its summary; return its exit code, whatever becomes of the two."""
    if _now.is_logged:
        return code
    _now.is_logged = True
    _now.progress.stop()
    _now.run.steps = _now.progress.seconds
    warehouse = warehouse_folder()
    told = without_paths(reason, raw=raw_folder(), warehouse=warehouse) if reason else None
    line = _now.run.line(code, outcome, told)
    try:
        if warehouse.is_dir():  # what is refused before anything runs makes nothing
            end(warehouse, _now.run, line)
        if _now.summary is not None:
            write_summary(_now.summary, line)
    except OSError as error:
        print(f"build: what the run did cannot be logged: {error}", file=sys.stderr)
    return code


def _sentence(error: Exception, warehouse: Path) -> str:
    if not isinstance(error, (BuildError, TransformError)):
        _keep_trace(warehouse)
    first = str(error).strip().partition("\n")[0] or type(error).__name__
    return without_values(first) if isinstance(error, duckdb.Error) else first


def _sayable(error: Exception) -> str:
    """What the log may say of an error: our own words, never an engine's, which may quote data."""
    if isinstance(error, TransformError):
        _now.run.tests = error.tests
        return error.summary
    return str(error) if isinstance(error, BuildError) else type(error).__name__


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/build", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--vars", default="{}", metavar="YAML", help="settings for this run: docs/settings.md"
    )
    parser.add_argument("--target", default="duckdb", help="where to build: an output of profiles.yml")
    parser.add_argument("--full-refresh", action="store_true", help="build everything anew")
    parser.add_argument(
        "--from",
        dest="first_day",
        type=date.fromisoformat,
        metavar="DAY",
        help="build the local days from here to --to anew (YYYY-MM-DD), beside what new files touch",
    )
    parser.add_argument(
        "--to", dest="last_day", type=date.fromisoformat, metavar="DAY", help="the last of these days"
    )
    parser.add_argument("--strict", action="store_true", help="end with code 3 when a raw file was skipped")
    parser.add_argument(
        "--keep", type=int, default=DEFAULT_KEEP, help="releases to keep (default %(default)s)"
    )
    parser.add_argument("--lang", choices=("en", "fr"), default="en", help="language of the scorecard")
    parser.add_argument(
        "--summary", type=Path, metavar="FILE", help="write what the log says of this run to a JSON file, too"
    )
    given = parser.parse_args(arguments)
    if given.summary is not None and not given.summary.absolute().parent.is_dir():
        parser.error("--summary takes a file in a folder that exists")
    if given.keep < 1:
        parser.error("--keep takes a whole number of at least 1")
    if (given.first_day is None) != (given.last_day is None):
        parser.error("--from and --to are given together")
    if given.first_day is not None and given.first_day > given.last_day:
        parser.error("--from takes a day that is not after --to")
    return given


def _options(given: argparse.Namespace) -> Options:
    on_spark = target_type(given.target) == "spark"
    return Options(
        settings=load_settings(PROJECT_FILE, given.vars),
        target=given.target,
        on_spark=on_spark,
        raw_in_spark=on_spark and raw_tables_are_in_spark(),
        full_refresh=given.full_refresh,
        rebuild=(given.first_day, given.last_day) if given.first_day is not None else None,
        strict=given.strict,
        keep=given.keep,
        language=given.lang,
    )


def _build(options: Options, raw: Path, warehouse: Path) -> int:
    work_file = warehouse / "work" / "callmart.duckdb"
    progress, run = _now.progress, _now.run
    started_at = run.started_at
    report: LandingReport | None = None
    refresh: str | None = "the raw tables are loaded by others"
    if options.raw_in_spark:
        progress.step("Taking the raw tables that are in Spark")
        _use_own_raw_tables(started_at, options, warehouse, progress)
    else:
        made_up = _ensure_raw_data(raw, progress)
        progress.step("Loading raw files")
        report, refresh = _land(work_file, raw, started_at, made_up, options, progress)
        _report_landing(report, made_up)
        if refresh is None and not report.read_now and options.rebuild is None and current_release(warehouse):
            progress.done(f"No new file: {current_release(warehouse)} stays")
            complete_run(work_file, built=None)
            run.built, run.why = "nothing", "no new file"
            return _end(options, report, warehouse)
        if options.on_spark:
            progress.step("Handing the raw tables to Spark")
            _hand_to_spark(work_file, options, warehouse, progress)

    run.built, run.why = _what_is_built(refresh, options)
    progress.step("Transforming and testing")
    transformed = transform(
        warehouse=warehouse,
        target=options.target,
        settings=options.settings,
        full_refresh=refresh is not None,
        progress=progress,
    )
    manifest, run.tests = transformed.manifest, transformed.tests
    built = work_file
    if options.on_spark:
        progress.step("Fetching the marts from Spark")
        built = _fetch_from_spark(manifest, options, warehouse, progress)
    else:
        _refuse_erased_in_exports(work_file, raw, options)

    progress.step("Publishing")
    facts = _release_facts(built, options, report, started_at)
    tables = public_tables(manifest, built)
    release = publish(
        built,
        warehouse,
        tables,
        facts,
        options.keep,
        lambda database: _dashboard(database, facts, options, warehouse),
    )
    run.release = release.name
    run.rows = {**(run.rows or {}), **_fates(built)}
    rebuilt = what_was_rebuilt(built, report, refresh)
    if report is not None:
        complete_run(work_file, built)
    _note_reported(warehouse, built, progress)
    progress.done(f"Published {release.name}. {rebuilt}")
    return _end(options, report, warehouse)


def _note_reported(warehouse: Path, built: Path, progress: Progress) -> None:
    """Remember what was reported first. The release is out: what goes wrong here is made up for by the next run."""
    progress.step("Remembering what was reported")
    try:
        note_reported(warehouse, built)
    except Exception as error:
        _keep_trace(warehouse)
        print(
            f"build: what was reported first cannot be remembered: {type(error).__name__}.", file=sys.stderr
        )


def _dashboard(database: Path, facts: Mapping[str, object], options: Options, warehouse: Path) -> Companions:
    """The page beside the new database. A release without it is still one: scripts/dashboard can write it later."""
    try:
        return {DASHBOARD: compose(database, facts, options.language).text}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the chart library's compiler panics with what is no Exception
        _keep_trace(warehouse)
        print(
            f"build: the release has no dashboard ({without_values(str(error).strip().partition(chr(10))[0])}): "
            "run scripts/dashboard to write it.",
            file=sys.stderr,
        )
        return {}


def _what_is_built(refresh: str | None, options: Options) -> tuple[Literal["full refresh", "increment"], str]:
    if refresh is not None:
        return "full refresh", refresh
    if options.rebuild is not None:
        return "increment", f"{options.rebuild[0]} to {options.rebuild[1]} asked for"
    return "increment", "files to read"


def _fates(built: Path) -> dict[str, int]:
    """What became of all rows that landed, in this run or before."""
    fates = ("landed", "staged", "rejected", "superseded")
    sums = ", ".join(f"coalesce(sum({fate}_rows), 0)::bigint" for fate in fates)
    with duckdb.connect(built, read_only=True) as connection:
        row = connection.execute(f"select {sums} from marts.landing_summary").fetchone()
    assert row is not None
    return dict(zip(fates, row, strict=True))


def _end(options: Options, report: LandingReport | None, warehouse: Path) -> int:
    print_scorecard(warehouse, options.language)
    if options.strict and report is not None and report.skipped:
        print(f"build: --strict: {len(report.skipped)} raw files were skipped.", file=sys.stderr)
        return FILES_SKIPPED
    return PUBLISHED


def _hand_to_spark(work_file: Path, options: Options, warehouse: Path, progress: Progress) -> None:
    tables = export_raw(work_file, exchange_folder(warehouse) / "raw")
    _run_on_spark(registration(tables), options, warehouse, progress)


def _use_own_raw_tables(started_at: datetime, options: Options, warehouse: Path, progress: Progress) -> None:
    salt = os.environ.get("CALLMART_SALT", "")
    if not salt:
        raise BuildError(
            "The raw tables are in Spark already: set CALLMART_SALT to a secret text of your own, the same for "
            "every run, with which telephone numbers and other personal keys are hashed."
        )
    run = RunFacts(started_at, salt, is_sample=False)
    _run_on_spark(
        registration_of_own_tables(
            run, options.settings.pass_through_columns, options.settings.connector_folders
        ),
        options,
        warehouse,
        progress,
    )


def _fetch_from_spark(manifest: Manifest, options: Options, warehouse: Path, progress: Progress) -> Path:
    """Copy the public marts from Spark into a file of DuckDB; return that file."""
    folder = exchange_folder(warehouse) / "marts"
    work_file = warehouse / "work" / "fetched.duckdb"
    tables = fetched_tables(manifest)
    shutil.rmtree(folder, ignore_errors=True)
    _run_on_spark(handing_back(tables, folder), options, warehouse, progress)
    read_back(tables, folder, work_file)
    return work_file


def _run_on_spark(statements: list[str], options: Options, warehouse: Path, progress: Progress) -> None:
    run_statements(
        statements, warehouse=warehouse, target=options.target, settings=options.settings, progress=progress
    )


def _ensure_raw_data(raw: Path, progress: Progress) -> frozenset[str] | None:
    """Make the sample when there is no raw data at all; return the files that are the sample's, None without one."""
    if not raw.exists() or not any(raw.iterdir()):
        progress.step(f"No raw data in {raw}: making sample data")
        partial = raw.with_name(f"{raw.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        write_sample(partial)
        if raw.exists():
            raw.rmdir()
        partial.rename(raw)
    return sample_files(raw)


def _land(
    work_file: Path,
    raw: Path,
    started_at: datetime,
    made_up: frozenset[str] | None,
    options: Options,
    progress: Progress,
) -> tuple[LandingReport, str | None]:
    """Land the raw files; return what landed, and why everything is built anew, None when it is not."""
    salt = os.environ.get("CALLMART_SALT", "")
    fingerprint = fingerprint_of(options.settings, salt, options.target)
    work_file.parent.chmod(0o700)  # raw telephone numbers are in there
    with duckdb.connect(work_file) as connection:
        work_file.chmod(0o600)
        limit_memory(connection)
        refresh = "asked for" if options.full_refresh else why_full_refresh(connection, fingerprint)
        run = RunFacts(
            started_at,
            salt or SAMPLE_SALT,
            is_sample=made_up is not None,
            is_full_refresh=refresh is not None,
            rebuild=options.rebuild,
            fingerprint=fingerprint,
        )
        report = land(
            connection,
            raw,
            run,
            options.settings.pass_through_columns,
            on_progress=lambda file: progress.detail(file.file),
            connectors=options.settings.connector_folders,
        )
        _now.run.landed(report)
        if report.missing_required:
            raise BuildError(
                f"No rows in {' and '.join(report.missing_required)}: put files into "
                f"{raw / report.missing_required[0]} (docs/raw_contract.md says what they hold)."
            )
        if not salt and phone_numbers_present(
            connection, outside=made_up or (), connectors=options.settings.connector_folders
        ):
            raise BuildError(
                "The raw data hold telephone numbers or other personal keys: set CALLMART_SALT to a secret text "
                "of your own, the same for every run, with which they are hashed."
            )
        _refuse_erased(connection, raw, run.salt)
    return report, refresh


def _refuse_erased(connection: duckdb.DuckDBPyConnection, raw: Path, salt: str) -> None:
    """Persons who were erased do not come back by a file that comes late."""
    files = _files_of_erased(connection, raw_relations(), raw, salt)
    if files:
        raise BuildError(f"Erased persons came back in {files}: run scripts/erase --again.")


def _refuse_erased_in_exports(work_file: Path, raw: Path, options: Options) -> None:
    """Nor by an export: whom it is about is known once a connector has made rows of the contract of it."""
    folders = [each for those in options.settings.connector_folders.values() for each in those]
    if not folders:
        return
    with duckdb.connect(work_file, read_only=True) as connection:
        limit_memory(connection)
        salt = connection.execute("select salt from raw.run").fetchone()
        assert salt is not None
        files = _files_of_erased(connection, landed_relations(connection, folders), raw, salt[0])
    if files:
        raise BuildError(
            f"Erased persons came back in {files}: take their records out, then run scripts/build --full-refresh."
        )


def _files_of_erased(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[Relation], raw: Path, salt: str
) -> str:
    """The files that bring erased persons back, as a sentence can name them; nothing when none does."""
    try:
        files = returned(connection, relations, raw, salt).files
    except ErasedListError as error:
        raise BuildError(str(error)) from None
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{', '.join(map(repr, files[:3]))}{more}"


def _report_landing(report: LandingReport, made_up: frozenset[str] | None) -> None:
    own = [file for file in report.loaded if made_up is not None and file.file not in made_up]
    if own:
        print(
            f"Beside the made-up sample lie {len(own)} other files: the figures mix the two.", file=sys.stderr
        )
    for name in report.gone:
        print(f"Gone from the raw folder; its rows stay until a --full-refresh: {name!r}", file=sys.stderr)
    for file in report.skipped:
        print(f"Skipped {file.file!r}: {file.reason}", file=sys.stderr)
    for folder in report.unknown_folders:
        print(
            f"Ignored the folder {folder!r}: it is no table of the raw contract, and no connector that is on reads it.",
            file=sys.stderr,
        )
    for name in report.stray_files:
        print(f"Ignored the file {name!r}: raw files lie in a folder per table.", file=sys.stderr)


def _release_facts(
    work_file: Path, options: Options, report: LandingReport | None, started_at: datetime
) -> Mapping[str, object]:
    with duckdb.connect(work_file, read_only=True) as connection:
        row = connection.execute("select as_of, is_sample from intermediate.int_run").fetchone()
    assert row is not None
    return {
        "as_of": row[0].replace(tzinfo=UTC).isoformat(),
        "is_sample": row[1],
        "run_started_at": started_at.isoformat(),
        "settings": options.settings.model_dump(),
        "target": options.target,
        "code": code_digest(),
        "files": None if report is None else [_told(file, report) for file in report.files],
    }


def _told(file: FileLanding, report: LandingReport) -> Mapping[str, object]:
    """What a release says of a raw file it was made from, or had to skip."""
    told = {
        "table": file.raw_table,
        "file": file.file,
        "bytes": file.size_bytes,
        "sha256": file.sha256,
        "rows": file.landed_rows,
        "skipped": file.reason,
    }
    return told | {"gone": True} if file.file in report.gone else told


def _refuse(sentence: str) -> int:
    print(f"build: {sentence}", file=sys.stderr)
    return REFUSED


def _fail(sentence: str, warehouse: Path) -> int:
    try:
        current = current_release(warehouse)
        kept = f"readers still see {current}" if current else "nothing has been published yet"
    except ReleaseError as error:
        kept = str(error)
    print(f"build: {sentence} ({kept})", file=sys.stderr)
    return FAILED


def _keep_trace(warehouse: Path) -> None:
    path = warehouse / "work" / "build.trace"
    try:
        put_in_place(path, traceback.format_exc(), 0o600)
    except OSError:  # a full disk or a read-only folder: the sentence has to do
        return
    print(
        f"build: details in {path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path}",
        file=sys.stderr,
    )


def _say_terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End at once, as a kill would, but with a sentence; what is half done is cleaned up by the next run."""
    code = _end_run(
        _fail("Stopped by a termination signal.", warehouse_folder()),
        "failed",
        "stopped by a termination signal",
    )
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _say_terminated)
    # The process that tidies up after dbt's semaphores would add a warning of its own to that one sentence.
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"
    sys.exit(main())
