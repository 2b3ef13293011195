"""The releases of a warehouse: which exist, which one readers see, how that changes.

Layout below the warehouse folder:

    releases/<UTC time>/callmart.duckdb   a published database, never written again
    releases/<UTC time>/release.json      what it was made from
    releases/<UTC time>/dashboard.html    its figures, for a browser
    releases/.<anything>.partial/         a release being written or deleted; a leftover goes at the next one
    current                               a relative link to the folder of the release that readers open
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from callmart.runs import sync

DATABASE = "callmart.duckdb"
FACTS = "release.json"
# Files beside the database: a name, and what makes the text out of what `release.json` says, the name included.
Companions = Mapping[str, Callable[[Mapping[str, object]], str]]
# The time, the number within the second, and how often it was written anew since.
_NAME = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d{2,})(?:-(\d{2,}))?)?")


class ReleaseError(RuntimeError):
    """A release could not be made, found or put in front of the readers."""


def release_names(warehouse: Path) -> list[str]:
    """The names of the complete releases, oldest first."""
    folder = warehouse / "releases"
    if not folder.is_dir():
        return []
    names = (entry.name for entry in folder.iterdir() if (entry / DATABASE).is_file())
    return sorted((name for name in names if _NAME.fullmatch(name)), key=_age)


def current_release(warehouse: Path) -> str | None:
    """The name of the release that readers see, or None when nothing is published.

    Raises:
        ReleaseError: `current` leads to something that is not a release.
    """
    link = warehouse / "current"
    if not link.is_symlink():
        return None
    name = link.readlink().name
    if not (warehouse / "releases" / name / DATABASE).is_file():
        raise ReleaseError(
            f"{link} leads to no release: run scripts/rollback --to one of those that --list shows."
        )
    return name


def release_facts(warehouse: Path, name: str) -> dict[str, object]:
    """What `release.json` says of a release.

    Raises:
        ReleaseError: the file is missing or unreadable.
    """
    path = warehouse / "releases" / name / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path} cannot be read ({error}): publish again.") from None
    if not isinstance(facts, dict):
        raise ReleaseError(f"{path} holds no facts: publish again.")
    return facts


def next_name(warehouse: Path, now: datetime) -> str:
    """A name for a release made at `now` (UTC), after every name that exists, even if the clock went back."""
    name = now.strftime("%Y%m%dT%H%M%SZ")
    taken = release_names(warehouse)
    if not taken or _age(taken[-1]) < _age(name):
        return name
    stem, number, _ = _age(taken[-1])
    return f"{stem}-{number + 1:02d}"


@contextmanager
def partial_folder(warehouse: Path) -> Iterator[tuple[Path, int]]:
    """A new folder for a release in the making, gone at the end of the block unless it was renamed.

    The folder is locked as long as its maker lives, so that nobody takes it for a leftover, and as long as a process
    that was handed the lock's descriptor, which comes second.
    """
    releases = warehouse / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    with _switch_lock(warehouse):
        _remove_leftovers(releases)
        folder = releases / f".{os.getpid()}-{os.urandom(4).hex()}.partial"
        folder.mkdir(mode=0o750)
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield folder, descriptor
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def put_in_front(
    warehouse: Path,
    folder: Path,
    facts: Mapping[str, object],
    now: datetime,
    keep: int,
    companions: Companions | None = None,
) -> Path:
    """Turn a finished partial folder into a release, let readers see it, and delete the oldest beyond `keep`.

    `facts` go into `release.json` with the release's name and `published_at`; the companions, whose making should
    take no time, are written beside it. Returns the release's folder.
    """
    with _switch_lock(warehouse):
        name = next_name(warehouse, now)
        described = {"release": name, "published_at": now.isoformat(timespec="seconds"), **facts}
        beside = {companion: make(described) for companion, make in (companions or {}).items()}
        release = _finish(warehouse, folder, name, described, beside)
        _switch(warehouse, name)
        _delete_oldest(warehouse, keep)
    return release


def put_in_place_of(warehouse: Path, release: str, folder: Path, facts: Mapping[str, object]) -> Path:
    """Turn a finished partial folder into a release that takes the place of another, which goes.

    `facts` go into `release.json`, with the new name and, as `replaces`, every name it had before, the oldest first.
    What lies beside the old database is copied. Readers that were led to the old release are led to the new one.
    Returns its folder.
    """
    with _switch_lock(warehouse):
        name = _name_behind(warehouse, release)
        old = warehouse / "releases" / release
        companions = [path for path in sorted(old.iterdir()) if path.name not in (DATABASE, FACTS)]
        beside = {path.name: path.read_text(encoding="utf-8") for path in companions}
        names = {"release": name, "replaces": [*former_names(facts), release]}
        new = _finish(warehouse, folder, name, {**facts, **names}, beside)
        _lead_away(warehouse, release, name)
    return new


def finish_replacements(warehouse: Path) -> None:
    """Remove releases that others have taken the place of, when that was broken off."""
    with _switch_lock(warehouse):
        names = release_names(warehouse)
        for name in names:
            for replaced in former_names(release_facts(warehouse, name)):
                if replaced in names:
                    _lead_away(warehouse, replaced, name)


def former_names(facts: Mapping[str, object]) -> list[str]:
    """The names of the releases that the one of these facts took the place of, one after the other."""
    names = facts.get("replaces", [])
    return [str(name) for name in names] if isinstance(names, list) else []


def _lead_away(warehouse: Path, old: str, new: str) -> None:
    link = warehouse / "current"
    if link.is_symlink() and link.readlink().name == old:
        _switch(warehouse, new)
    _delete(warehouse / "releases" / old)


def _name_behind(warehouse: Path, release: str) -> str:
    """A name that sorts right behind that of a release, and before that of the next, even one of the same second."""
    names = release_names(warehouse)
    stem, number, version = _age(release)
    while True:
        version += 1
        if (name := f"{stem}-{number:02d}-{version:02d}") not in names:
            return name


def _finish(
    warehouse: Path, folder: Path, name: str, facts: Mapping[str, object], beside: Mapping[str, str]
) -> Path:
    """Write what lies beside the database, and give the folder its name."""
    texts = {FACTS: json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n", **beside}
    for companion, text in texts.items():
        (folder / companion).write_text(text, encoding="utf-8")
        (folder / companion).chmod(0o440)
    for path in (*(folder / companion for companion in texts), folder / DATABASE, folder):
        sync(path)
    release = warehouse / "releases" / name
    folder.rename(release)
    sync(release.parent)
    return release


def rollback(warehouse: Path, to: str | None = None) -> Path:
    """Let readers see the release `to`, or the one before the current one, and return its folder.

    The releases after it stay until they are the oldest; the next publication moves forward again.

    Raises:
        ReleaseError: there is no such release, or none before the current one.
    """
    with _switch_lock(warehouse):
        names = release_names(warehouse)
        if not names:
            raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
        if to is None:
            current = current_release(warehouse)
            earlier = [name for name in names if current is not None and _age(name) < _age(current)]
            if not earlier:
                raise ReleaseError(
                    f"There is no release before {current or 'the current one'}: name one of those that "
                    "scripts/rollback --list shows with --to."
                )
            to = earlier[-1]
        elif to not in names:
            raise ReleaseError(f"There is no release {to!r}: scripts/rollback --list shows those that exist.")
        _switch(warehouse, to)
    return warehouse / "releases" / to


def _age(name: str) -> tuple[str, int, int]:
    """The sort key of a release's name: its time, its number within the second, its version."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not the name of a release")
    return match[1], int(match[2] or 1), int(match[3] or 1)


@contextmanager
def _switch_lock(warehouse: Path) -> Iterator[None]:
    """Hold off every other process that changes which releases exist or which one is current.

    The file made for it is `releases/.lock`. It is held for moments, never while a database is written, so a
    rollback need not wait for a build.
    """
    folder = warehouse / "releases"
    if not folder.is_dir():
        raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _switch(warehouse: Path, name: str) -> None:
    """Make `current` lead to a release in one rename: a reader finds the old one or the new one."""
    link = warehouse / "current"
    if link.exists() and not link.is_symlink():
        raise ReleaseError(f"{link} is not a link: move it away, then publish again.")
    fresh = warehouse / ".current.partial"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("releases") / name)
    fresh.replace(link)
    sync(warehouse)


def _delete_oldest(warehouse: Path, keep: int) -> None:
    """Delete the releases beyond the newest `keep`, the first of which has just become the current one."""
    for name in release_names(warehouse)[:-keep]:
        _delete(warehouse / "releases" / name)


def _delete(release: Path) -> None:
    # Renamed first: a release that is half deleted must not be offered for a rollback.
    doomed = release.rename(release.with_name(f".{release.name}.partial"))
    shutil.rmtree(doomed)


def _remove_leftovers(releases: Path) -> None:
    """Remove the partial folders whose makers are gone."""
    for folder in releases.glob(".*.partial"):
        with suppress(BlockingIOError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
