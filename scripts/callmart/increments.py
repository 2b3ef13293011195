"""What a run builds: everything, or what the new files touch; and the sentence that says so."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb

from callmart.landing import LandingReport, has_table, note_future_rows
from callmart.paths import PROJECT
from callmart.settings import Settings
from callmart.sql_text import literal

# The folders and files that decide what the models give, beside the raw files and the settings.
_DECIDING = ("models", "macros", "seeds", "dbt_project.yml", "requirements.lock", "scripts/callmart")
_IGNORED = ("__pycache__", "sample", "benchmark", "readers", "docs_site", "reliability", "erasure")


def fingerprint_of(settings: Settings, salt: str, target: str) -> str:
    """A hash of all that results depend on beside the files: models, macros, seeds, loader, settings, salt, target.

    `as_of` is left out: the models find out themselves what its move touches.
    """
    digest = hashlib.sha256()
    values = settings.model_dump(mode="json", exclude={"as_of"})
    digest.update(json.dumps(values, sort_keys=True).encode())
    digest.update(hashlib.sha256(salt.encode()).digest())
    digest.update(target.encode())
    digest.update(code_digest().encode())
    return digest.hexdigest()


def code_digest() -> str:
    """A hash of models, macros, seeds, loader and engine: what makes a release beside files, settings and salt."""
    digest = hashlib.sha256(duckdb.__version__.encode())
    for path in sorted(_deciding_files()):
        digest.update(f"\n{path.relative_to(PROJECT).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _deciding_files() -> Iterator[Path]:
    for name in _DECIDING:
        root = PROJECT / name
        if root.is_file():
            yield root
        for folder, folders, files in os.walk(root):
            folders[:] = [child for child in folders if child not in _IGNORED]
            yield from (Path(folder, file) for file in files)


def why_full_refresh(connection: duckdb.DuckDBPyConnection, fingerprint: str) -> str | None:
    """Why the work file cannot be built upon; None when it can."""
    if not has_table(connection, "raw", "run"):
        return "the first run"
    columns = {name for (name, *_) in connection.execute("describe raw.run").fetchall()}
    if "fingerprint" not in columns:
        return "a new version"
    before = connection.execute(
        "select fingerprint, is_full_refresh and completed_at is null from raw.run"
    ).fetchone()
    if before is None or before[1]:
        return "the full refresh before did not come to its end"
    if before[0] != fingerprint:
        return "settings, seeds or models changed"
    return None


def complete_run(work_file: Path, built: Path | None) -> None:
    """Note that the run came to its end: what it touched need not be built again.

    `built` is the file with what the models made, the work file itself or one fetched; None when none ran.
    """
    with duckdb.connect(work_file) as connection:
        rejected = "staging.rejected_records"
        if built not in (None, work_file):
            connection.execute(f"attach {literal(str(built))} as built (read_only)")
            rejected = f"built.{rejected}"
        connection.execute("begin")
        if built is not None:
            note_future_rows(connection, rejected)
        connection.execute("update raw.run set completed_at = run_started_at")
        connection.execute("commit")


def what_was_rebuilt(built: Path, report: LandingReport | None, refresh: str | None) -> str:
    """One line: which files were read, which days and keys were built anew, and why."""
    if report is None:
        return f"Full refresh ({refresh})."
    if refresh is not None:
        return f"Full refresh ({refresh}): {len(report.read_now)} files read."
    causes = Counter(str(file.read_because) for file in report.read_now)
    read = ", ".join(f"{number} {cause}" for cause, number in sorted(causes.items())) or "none"
    with duckdb.connect(built, read_only=True) as connection:
        calls = _counted(connection, "touched_calls")
        agents = _counted(connection, "touched_agents")
        contacts = connection.execute(
            "select count(distinct interaction_id) from intermediate.touched_contacts"
        ).fetchone()
        days = connection.execute(
            "select fact, count(*), min(touched_date), max(touched_date) from intermediate.touched_days"
            " group by fact order by fact"
        ).fetchall()
    spans = "; ".join(f"{fact} on {number} days, {first} to {last}" for fact, number, first, last in days)
    return (
        f"Increment: files read: {read}; built anew: calls {calls}; contacts {contacts[0] if contacts else 0};"
        f" agents {agents}; {spans or 'no day'}."
    )


def _counted(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The distinct keys of a table of what was touched, by reason."""
    key = "call_id" if table == "touched_calls" else "agent_id"
    rows = connection.execute(
        f"select reason, count(distinct {key}) from intermediate.{table} group by reason order by reason"
    ).fetchall()
    return ", ".join(f"{number} ({reason})" for reason, number in rows) or "0"
