"""Random histories of a raw folder as senders spoil it, and what has to become of every row that was ever written.

What is expected is worked out from what was written and from docs/raw_contract.md, never from what the loader or the
models say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from hostile_files import File, Files
from hostile_rows import ANSWERED_TOO_EARLY, KINDS, NOT_YET_STARTED, START, Entry
from hypothesis import strategies as st

# Each line: a file that is no table's, and where the report has to name it; None when it is passed over.
STRAYS: Mapping[str, str | None] = {
    "calls.csv": "stray_files",
    "cals/a.csv": "unknown_folders",
    "Calls/a.csv": "unknown_folders",
    "calls/_part.csv": None,
    "calls/.a.csv.swp": None,
    "_old/calls/a.csv": None,
}
STRAY_ROW = b"call_id,direction\nstray,inbound\n"


@dataclass(frozen=True)
class Visit:
    """What one run finds.

    Attributes:
        at: when it starts.
        removes: the files taken away before it.
        writes: the files put there then, new or in the place of others, with their times of change.
        strays: the files among them that are no table's.
        is_full_refresh: whether it builds everything anew.
        breaks_off_after: the share of the models after which it dies, None for one that comes to its end.
    """

    at: datetime
    removes: tuple[str, ...]
    writes: tuple[tuple[File, int], ...]
    strays: tuple[str, ...]
    is_full_refresh: bool
    breaks_off_after: float | None

    def apply(self, folder: Path) -> None:
        """Make the raw folder what this run finds."""
        for name in self.removes:
            (folder / name).unlink()
        for name in self.strays:
            _put(folder / name, STRAY_ROW)
        for file, second in self.writes:
            _put(folder / file.path, file.content)
            os.utime(folder / file.path, (second, second))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@st.composite
def histories(draw: st.DrawFn) -> list[Visit]:
    """Runs one after the other; before each, files come, come twice, change, move and go."""
    files = Files(draw)
    random = files.random
    there: dict[str, File] = {}
    visits: list[Visit] = []
    at = START
    for number in range(draw(st.sampled_from([1, 2, 3, 3, 4]))):
        written: dict[str, File] = {}
        removed: list[str] = []
        after_break = bool(visits) and visits[-1].breaks_off_after is not None
        for _ in range(draw(st.integers(2, 7))):
            table = draw(st.sampled_from(["calls", "calls", *KINDS]))
            action = draw(st.sampled_from(["add", "add", "add", "replace", "copy", "move", "remove"]))
            old = random.choice(sorted(there.values(), key=lambda file: file.path)) if there else None
            if action in ("move", "remove") and old and not after_break and old.path not in written:
                del there[old.path]
                removed.append(old.path)
            if action == "remove":
                continue
            if old is None or action == "add":
                new = files.of(table)
            elif action == "replace" and not old.name.endswith(".part"):
                new = files.of(old.table, old.name)
            else:
                folder, _, name = old.name.rpartition("/")
                new = replace(old, name="/".join(filter(None, (folder, f"{action}d {number} {name}"))))
            if new.path not in removed:
                written[new.path] = there[new.path] = new
        moments = [1_500_000_000 + random.randrange(1000) * 100_000 + random.randrange(1000) for _ in written]
        is_full_refresh = number == 0 or draw(st.integers(0, 5)) == 0
        breaks_off = not is_full_refresh and draw(st.integers(0, 2)) == 0
        visits.append(
            Visit(
                at,
                tuple(removed),
                tuple(zip(written.values(), moments, strict=True)),
                tuple(random.sample(sorted(STRAYS), k=random.choice([0, 0, 1, 2]))),
                is_full_refresh,
                breaks_off_after=random.random() if breaks_off else None,
            )
        )
        at += timedelta(seconds=random.choice([1, 3600, 86400 * 3]))
    return [*visits[:-1], replace(visits[-1], breaks_off_after=None)]


class Place(NamedTuple):
    """Where a row landed."""

    table: str
    file: str
    row: int


@dataclass(frozen=True)
class Fate:
    """What became of a row: why it was rejected, and which of its values were."""

    fate: Literal["staged", "rejected", "superseded"]
    rejected_for: frozenset[str] = frozenset()
    nulled_for: frozenset[str] = frozenset()


class Expected:
    """What has to have become of everything written so far. `there` and `gone` are the known files by their paths."""

    def __init__(self) -> None:
        self.there: dict[str, File] = {}
        self.gone: dict[str, File] = {}
        self.strays: set[str] = set()
        # Of files that went away: why their rows were rejected when they were last read.
        self._kept_reasons: dict[Place, frozenset[str]] = {}
        self._at = START

    def visit(self, visit: Visit) -> None:
        """Take over what a run finds."""
        before = {place: self.reasons(place, entry) for place, entry in self.entries().items()}
        for name in visit.removes:
            self.gone[name] = self.there.pop(name)
            self._kept_reasons |= {place: why for place, why in before.items() if place.file == name}
        for file, _ in visit.writes:
            self.gone.pop(file.path, None)
            self.there[file.path] = file
        self.strays.update(visit.strays)
        if visit.is_full_refresh:
            self.gone = {}
        self._kept_reasons = {
            place: why for place, why in self._kept_reasons.items() if place.file in self.gone
        }
        self._at = visit.at

    def fates(self) -> dict[Place, Fate]:
        """What has to have become of every record that can be parsed."""
        found: dict[Place, Fate] = {}
        good: dict[tuple[str, ...], list[tuple[Place, Entry]]] = {}
        for place, entry in self.entries().items():
            reasons = self.reasons(place, entry)
            if reasons:
                found[place] = Fate("rejected", reasons, entry.nulled_for)
            else:
                good.setdefault(_key(place.table, entry), []).append((place, entry))
        for versions in good.values():
            newest = max(versions, key=_age)[0]
            for place, entry in versions:
                fate: Literal["staged", "superseded"] = "staged" if place == newest else "superseded"
                found[place] = Fate(fate, nulled_for=entry.nulled_for)
        return found

    def entries(self) -> dict[Place, Entry]:
        """The rows that were written, by where they landed."""
        return {
            Place(file.table, path, row): record
            for path, file in {**self.there, **self.gone}.items()
            for row, record in enumerate(file.records, start=1)
            if record is not None
        }

    def reasons(self, place: Place, entry: Entry) -> frozenset[str]:
        """Why a row has to be rejected."""
        if place in self._kept_reasons:
            return self._kept_reasons[place]
        reasons = set(entry.rejected_for)
        started = _instant(entry.values.get("started_at", ""))
        if started and started > self._at and started.year < 2999:
            reasons.add(NOT_YET_STARTED)
        if place.table == "survey_responses":
            sent = self._sent_at(entry.values["invitation_id"])
            answered = _instant(entry.values["answered_at"])
            if sent and answered and sent > answered:
                reasons.add(ANSWERED_TOO_EARLY)
        return frozenset(reasons)

    def _sent_at(self, invitation_id: str) -> datetime | None:
        """When the newest good version of an invitation says that it was sent."""
        versions = [
            (place, entry)
            for place, entry in self.entries().items()
            if place.table == "survey_invitations"
            and invitation_id
            and entry.values["invitation_id"] == invitation_id
            and not entry.rejected_for
        ]
        return _instant(max(versions, key=_age)[1].values["sent_at"]) if versions else None


def _key(table: str, entry: Entry) -> tuple[str, ...]:
    return (table, *(entry.values[column] for column in KINDS[table].key))


def _age(version: tuple[Place, Entry]) -> tuple[object, ...]:
    """The newest `updated_at`, then the greatest path in byte order, then the last row."""
    place, entry = version
    updated = _instant(entry.values["updated_at"])
    return updated or datetime.min.replace(tzinfo=UTC), place.file.encode(), place.row


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
