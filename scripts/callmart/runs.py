"""The log of runs, `runs.jsonl` in the warehouse: one line of JSON per run of the build, also when it fails.

It lies beside the releases, not in them: a release depends on files, settings and `as_of` alone. It holds no value
of the data, no text of an error that could quote one, and no path outside the raw folder.

A line is written when its run ends; until then `work/run.json` says that it runs. A run that was killed leaves that
file, and the next one writes the line of the run before it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # the loader takes a second to import, and whoever lists the runs needs none of it
    from callmart.landing import LandingReport

LOG = "runs.jsonl"
MARKER = "run.json"
# An hourly job's six weeks, a nightly job's three years.
KEPT_RUNS = 1000
Outcome = Literal["published", "nothing new", "failed", "refused", "locked", "did not end"]

_PATH = re.compile(r"(?<![\w<>./-])/[^\s'\",:;()]+")


# A quoted text in the words of an engine, and what says that it is a name of ours and no value.
_NAME = r"\b(?:column|table|view|schema|function|name|near) \"[^\"]*\""
_NAMED = re.compile(rf"(?:{_NAME}|[^'\"])*", re.IGNORECASE)


@dataclass
class Run:
    """What is known of a run; the build fills it in as it goes. Everything it has not come to is None.

    Attributes:
        started_at: when it began.
        target: the output of profiles.yml it builds on.
        built: what it built.
        why: why it built that.
        release: the release it published.
        files: how many raw files it read, by why it read them, and how many it skipped or no longer found.
        rows: the rows of the files it read (`read`), and what became of all rows of the release.
        tests: how many data tests passed, warned, failed, or were skipped behind a failure.
        steps: seconds by step.
    """

    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    target: str | None = None
    built: Literal["full refresh", "increment", "nothing"] | None = None
    why: str | None = None
    release: str | None = None
    files: Mapping[str, int] | None = None
    rows: Mapping[str, int] | None = None
    tests: Mapping[str, int] | None = None
    steps: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What tells it from every other run on this machine."""
        return f"{self.started_at:%Y%m%dT%H%M%S.%fZ}-{os.getpid()}"

    def landed(self, report: LandingReport) -> None:
        """Take over what was read."""
        causes = Counter(str(file.read_because) for file in report.read_now)
        self.files = {
            **{cause: causes[cause] for cause in ("new", "replaced", "judged again")},
            "skipped": len(report.skipped),
            "gone": len(report.gone),
        }
        self.rows = {"read": sum(file.landed_rows for file in report.read_now)}

    def line(self, exit_code: int, outcome: Outcome, reason: str | None) -> dict[str, Any]:
        """The line of the log for a run that ends now."""
        ended_at = datetime.now(UTC)
        return {
            "run": self.name,
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "ended_at": ended_at.isoformat(timespec="milliseconds"),
            "seconds": round((ended_at - self.started_at).total_seconds(), 1),
            "exit_code": exit_code,
            "outcome": outcome,
            "reason": reason,
            "release": self.release,
            "target": self.target,
            "built": self.built,
            "why": self.why,
            "files": self.files,
            "rows": self.rows,
            "tests": self.tests,
            "steps": {without_paths(name): round(seconds, 1) for name, seconds in self.steps.items()},
        }


def without_paths(text: str, **folders: Path) -> str:
    """The text with the given folders by their names, as `<raw>`, and every other path as `<path>`."""
    for name, folder in folders.items():
        text = text.replace(str(folder), f"<{name}>")
    return _PATH.sub("<path>", text)


def without_values(text: str) -> str:
    """What an engine said, up to and after the texts it quotes, unless they name a table or a column.

    They may be data, and may hold quotes of their own: all between the first and the last of them goes.
    """
    start = len(_NAMED.match(text)[0])  # type: ignore[index]  # it matches any text
    end = max(text.rfind("'"), text.rfind('"'))
    return text if end < start else f"{text[:start]}'…'{text[end + 1 :] if end > start else ''}"


def begin(warehouse: Path, run: Run) -> str | None:
    """Note that a run begins; return the name of the one before it that did not end, if so.

    Needs the build's lock: the run before is known to be over.

    Raises:
        OSError: the log or the note cannot be written.
    """
    marker = warehouse / "work" / MARKER
    unended = _unended(warehouse, marker)
    if unended is not None:
        append(warehouse, unended)
    put_in_place(
        marker, json.dumps({"run": run.name, "started_at": run.started_at.isoformat()}) + "\n", 0o600
    )
    return str(unended["run"]) if unended else None


def end(warehouse: Path, run: Run, line: Mapping[str, Any]) -> None:
    """Write the line of a run, and take back the note that it runs.

    Raises:
        OSError: the log cannot be written.
    """
    append(warehouse, line)
    marker = warehouse / "work" / MARKER
    with suppress(OSError, ValueError):
        if json.loads(marker.read_text(encoding="utf-8")).get("run") == run.name:
            marker.unlink()


def append(warehouse: Path, line: Mapping[str, Any]) -> None:
    """Add a line to the log and drop the oldest beyond those kept.

    The log is written anew and put in place by one rename: whatever ends the process, it has whole lines only.

    Raises:
        OSError: it cannot be written; it is as it was.
    """
    log = warehouse / LOG
    with _locked(warehouse):
        kept = _lines(log)[-(KEPT_RUNS - 1) :]
        kept.append(json.dumps(line, ensure_ascii=False))
        put_in_place(log, "".join(f"{each}\n" for each in kept), 0o640)


def read_runs(warehouse: Path) -> tuple[list[dict[str, Any]], int]:
    """The runs of the log, oldest first, and how many of its lines are none.

    Raises:
        OSError: the log is there and cannot be read.
    """
    runs, unreadable = [], 0
    for line in _lines(warehouse / LOG):
        try:
            run = json.loads(line)
        except ValueError:
            run = None
        if isinstance(run, dict):
            runs.append(run)
        else:
            unreadable += 1
    return runs, unreadable


def write_summary(path: Path, line: Mapping[str, Any]) -> None:
    """Write what the log says of one run to a file of its own, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    put_in_place(path, json.dumps(line, indent=2, ensure_ascii=False) + "\n", 0o640)


def _unended(warehouse: Path, marker: Path) -> dict[str, Any] | None:
    """The line of the run that left its note, unless it got as far as its own line."""
    try:
        left: Any = json.loads(marker.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        left = {}
    name = left.get("run", "unknown") if isinstance(left, dict) else "unknown"
    if any(run.get("run") == name for run in read_runs(warehouse)[0]):
        return None
    return {
        "run": name,
        "started_at": left.get("started_at") if isinstance(left, dict) else None,
        "ended_at": None,
        "exit_code": None,
        "outcome": "did not end",
        "reason": "It was killed, or the machine stopped.",
    }


def _lines(log: Path) -> list[str]:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in text.split("\n") if line.strip()]


def put_in_place(path: Path, text: str, mode: int) -> None:
    """Write a file whole, or leave it as it is.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        partial.chmod(mode)
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or a folder's list of names is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold off other writers of the log: a run that is told to wait its turn writes a line as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
