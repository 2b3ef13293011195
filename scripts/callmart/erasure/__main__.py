"""Erase a customer: out of the raw files, the build's own file and every kept release; and prove it by a search.

Exit codes: 0 nothing of them is left; 1 nobody of that name was found; 2 an option or the salt was refused before
anything ran; 3 erased, but something is left to do by hand, and named; 4 it broke off: run it again; 75 a build is
running in the same warehouse.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from callmart.erasure import erased_list
from callmart.erasure.person import Person, Relation, Value, gather, normal
from callmart.erasure.raw_files import ErasureError, RawRows, load, remove_leftovers, rewrite, rows_of
from callmart.erasure.traces import Search, search
from callmart.landing import RunFacts
from callmart.lock import BuildLockedError, build_lock
from callmart.paths import PROJECT, raw_folder, warehouse_folder
from callmart.publish import DEFAULT_KEEP, SCHEMA, publish_without
from callmart.releases import (
    DATABASE,
    ReleaseError,
    current_release,
    finish_replacements,
    release_facts,
    release_names,
)
from callmart.runs import put_in_place
from callmart.sample import SAMPLE_SALT, sample_files
from callmart.sql_text import identifier, literal

ERASED, UNKNOWN, REFUSED, LEFT, BROKEN_OFF, LOCKED = 0, 1, 2, 3, 4, 75
# What an erasure that was killed has to know to be finished: the rows that said it may be gone.
JOURNAL = "erasure.json"


class RefusedError(ValueError):
    """An option or the salt cannot be used; the sentence says what to set."""


@dataclass(frozen=True)
class _Found:
    """What there is of a person: their values, their rows in the raw files, and in each release by table."""

    person: Person
    raw: RawRows
    releases: dict[str, dict[str, int]]
    conditions: dict[str, dict[str, str]]

    @property
    def is_anything(self) -> bool:
        return bool(self.raw.files or self.releases)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/erase`; return its exit code."""
    given = _given(arguments)
    raw, warehouse = raw_folder(), warehouse_folder()
    try:
        salt = _salt(raw, warehouse)
        if given.lift:
            return _lift(raw, salt, normal("customer", given.lift))
        with build_lock(warehouse):
            code, person = _erase(given, raw, warehouse, salt)
        return code if person is None or code != ERASED else _rebuild(given, raw, warehouse, person)
    except BuildLockedError as error:
        return _say(str(error), LOCKED)
    except (RefusedError, erased_list.ErasedListError) as error:
        return _say(str(error), REFUSED)
    except (ErasureError, ReleaseError, OSError) as error:
        return _say(f"{error} (run it again to finish)", BROKEN_OFF)
    except duckdb.Error as error:  # whose words may quote data
        return _say(f"It broke off ({type(error).__name__}): run it again to finish.", BROKEN_OFF)


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/erase", description=(__doc__ or "").partition("\n")[0])
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--customer", metavar="ID", help="the customer_id of the person")
    who.add_argument(
        "--again", action="store_true", help="erase persons of the list of the erased who came back"
    )
    who.add_argument(
        "--lift", metavar="ID", help="take a customer off the list of the erased, and do nothing else"
    )
    parser.add_argument(
        "--phone", action="append", default=[], metavar="NUMBER", help="a telephone number of theirs as well"
    )
    parser.add_argument(
        "--key", action="append", default=[], metavar="TEXT",
        help="a person_key or recipient_key of theirs as well, such as an e-mail address",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what would be erased, and change nothing")
    parser.add_argument(
        "--no-build", action="store_true", help="leave building anew to the next scripts/build"
    )
    given = parser.parse_args(arguments)
    for name in ("customer", "lift"):
        if (text := getattr(given, name)) is not None and not normal("customer", text):
            parser.error(f"--{name} takes a customer_id")
    if not all(len(normal("phone", number)) >= 6 for number in given.phone):
        parser.error("--phone takes a telephone number with its country's code")
    if not all(normal("key", key) for key in given.key):
        parser.error("--key takes a text")
    return given


def _salt(raw: Path, warehouse: Path) -> str:
    if not raw.is_dir():
        raise RefusedError(f"There is no folder {raw}: set CALLMART_RAW to where the raw files are.")
    built_with = _salt_of_last_build(warehouse)
    salt = os.environ.get("CALLMART_SALT", "")
    if not salt:
        # Builds need none for the sample, nor for data without numbers and keys.
        is_unset = sample_files(raw) is not None or erased_list.is_keyed_with(raw, SAMPLE_SALT)
        if built_with == SAMPLE_SALT or (built_with is None and is_unset):
            return SAMPLE_SALT
        raise RefusedError("Set CALLMART_SALT to the secret text that builds are given.")
    if built_with == SAMPLE_SALT:
        raise RefusedError("The last build was given no CALLMART_SALT: leave it unset here, too.")
    if built_with not in (None, salt):
        raise RefusedError("CALLMART_SALT is not what the last build was given: set it to that.")
    return salt


def _salt_of_last_build(warehouse: Path) -> str | None:
    """What the build's own file says; None when there is none."""
    work_file = warehouse / "work" / DATABASE
    if not work_file.is_file():
        return None
    try:
        with duckdb.connect(str(work_file), read_only=True) as connection:
            row = connection.execute("select salt from raw.run").fetchone()
    except duckdb.Error:  # a build is running, which the lock will tell, or it got nowhere
        return None
    return str(row[0]) if row is not None else None


def _lift(raw: Path, salt: str, customer: str) -> int:
    if not erased_list.lift(raw, salt, customer):
        return _say(f"{customer!r} is not on the list of the erased.", UNKNOWN)
    print(f"Files may bring {customer!r} again.")
    return ERASED


def _erase(given: argparse.Namespace, raw: Path, warehouse: Path, salt: str) -> tuple[int, Person | None]:
    """Erase; return the exit code, and the person when there was one to erase."""
    journal = warehouse / "work" / JOURNAL
    seeds = _seeds(given)
    begun = _begun(journal)
    if not given.dry_run:
        remove_leftovers(raw)
        if (warehouse / "releases").is_dir():
            finish_replacements(warehouse)
    found = _look(raw, warehouse, salt, seeds | begun, again=given.again)
    if not found.is_anything and not begun:
        return _nobody(given, raw, salt), None
    _tell(found, is_dry=given.dry_run)
    if given.dry_run:
        return ERASED, None
    put_in_place(journal, json.dumps({"values": sorted(found.person.values)}) + "\n", 0o600)
    erased_list.add(raw, salt, found.person)
    for file in found.raw.files:
        rewrite(file)
    _empty_work_folder(journal.parent)
    for release, conditions in found.conditions.items():
        publish_without(warehouse, release, conditions)
    left = _left(found.person, raw, warehouse, salt)
    journal.unlink()
    return _verdict(left), found.person


def _seeds(given: argparse.Namespace) -> set[Value]:
    seeds = {("customer", normal("customer", given.customer))} if given.customer else set()
    seeds |= {("phone", normal("phone", number)) for number in given.phone}
    return seeds | {("key", normal("key", key)) for key in given.key}


def _begun(journal: Path) -> set[Value]:
    """What is known of the person of an erasure that did not end; nothing when all did."""
    try:
        return {(kind, text) for kind, text in json.loads(journal.read_text(encoding="utf-8"))["values"]}
    except FileNotFoundError:
        return set()


def _look(raw: Path, warehouse: Path, salt: str, seeds: set[Value], *, again: bool = False) -> _Found:
    """Read the raw files and the releases, and find all that belongs to the person."""
    with _reading(raw, warehouse, salt) as (connection, in_raw, in_releases):
        if again:
            seeds = seeds | erased_list.returned(connection, in_raw, raw, salt).values
        tables = [*in_raw, *(relation for relations in in_releases.values() for relation in relations)]
        person = gather(connection, tables, seeds, salt)
        counts: dict[str, dict[str, int]] = {}
        conditions: dict[str, dict[str, str]] = {}
        for release, relations in in_releases.items():
            for relation in relations:
                condition = person.condition(relation)
                if condition is None:
                    continue
                counted = connection.execute(
                    f"select count(*) from {relation.sql} where {condition}"
                ).fetchone()
                if counted and counted[0]:
                    counts.setdefault(release, {})[relation.table] = counted[0]
                    conditions.setdefault(release, {})[relation.table] = condition
        return _Found(person, rows_of(connection, raw, in_raw, person), counts, conditions)


@contextmanager
def _reading(
    raw: Path, warehouse: Path, salt: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Relation], dict[str, list[Relation]]]]:
    """A database of its own with the raw files in it and the releases beside it; gone at the end."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=".erasing-", dir=warehouse / "work"))
        connection = stack.enter_context(duckdb.connect(str(Path(folder, "landed.duckdb"))))
        connection.execute("set enable_progress_bar = false")
        in_raw = load(connection, raw, RunFacts(datetime.now(UTC), salt, is_sample=False))
        in_releases = {}
        for number, release in enumerate(release_names(warehouse)):
            database = f"release_{number}"
            path = literal(str(warehouse / "releases" / release / DATABASE))
            connection.execute(f"attach {path} as {database} (read_only)")
            in_releases[release] = _relations(connection, database)
        yield connection, in_raw, in_releases


def _relations(connection: duckdb.DuckDBPyConnection, database: str) -> list[Relation]:
    """The tables of a release that say whom a row is about."""
    columns = connection.execute(
        "select table_name, list(column_name) from duckdb_columns() where database_name = ? and schema_name = ?"
        " group by table_name order by table_name",
        [database, SCHEMA],
    ).fetchall()
    relations = [
        Relation(table, f"{database}.{identifier(SCHEMA)}.{identifier(table)}", frozenset(names))
        for table, names in columns
    ]
    return [relation for relation in relations if relation.links or relation.owner]


def _nobody(given: argparse.Namespace, raw: Path, salt: str) -> int:
    if given.again:
        print("Nobody who was erased has come back.")
        return ERASED
    if erased_list.is_listed(raw, salt, normal("customer", given.customer)):
        print(f"{given.customer!r} was erased before, and nothing of them has come since.")
        return ERASED
    return _say(f"Nothing of a customer {given.customer!r} is in the raw files or in a release.", UNKNOWN)


def _tell(found: _Found, *, is_dry: bool) -> None:
    print("Would be erased:" if is_dry else "Erasing:")
    for table, rows in found.raw.tables.items():
        files = sum(file.table == table for file in found.raw.files)
        print(f"  raw {table}: {rows} rows in {files} file{'' if files == 1 else 's'}")
    for release, tables in found.releases.items():
        print(f"  release {release}: {sum(tables.values())} rows of {', '.join(sorted(tables))}")
    if is_dry:
        print("  the build's own file, which the next build makes anew", flush=True)
    sys.stdout.flush()


def _empty_work_folder(work: Path) -> None:
    """Remove all that builds left of their own: rows, compiled SQL, logs, traces. Nobody builds meanwhile."""
    for entry in work.iterdir():
        if entry.name in ("build.lock", JOURNAL):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _left(person: Person, raw: Path, warehouse: Path, salt: str) -> Search:
    """What is left of the person in any file: read again by rows, and searched by bytes."""
    with _reading(raw, warehouse, salt) as (connection, in_raw, in_releases):
        rows = rows_of(connection, raw, in_raw, person)
        places = [str(file.path) for file in rows.files]
        for release, relations in in_releases.items():
            for relation in relations:
                condition = person.condition(relation) or "false"
                if connection.execute(f"select 1 from {relation.sql} where {condition} limit 1").fetchone():
                    places.append(f"{release}: {relation.table}")
    searched = search(person, (raw, warehouse / "releases", warehouse / "work"), warehouse / "work" / JOURNAL)
    exports = _left_in_exports(person, raw)
    return searched._replace(places=tuple(dict.fromkeys([*places, *searched.places, *exports])))


def _left_in_exports(person: Person, raw: Path) -> Iterator[str]:
    """The places in exports of several instances, whose ids have no instance before them yet."""
    for folder in sorted(raw.glob("*@*/")):
        instance = f"{folder.name.partition('@')[2]}:"
        own = {
            (kind, text.removeprefix(instance))
            for kind, text in person.values - person.shared
            if text.startswith(instance)
        }
        if own:
            yield from search(Person(frozenset(own)), (folder,)).places


def _verdict(left: Search) -> int:
    print(f"Searched {left.files} files, {left.size_bytes:,} bytes.")
    if not left.places:
        print("Nothing of them is left.", flush=True)
        return ERASED
    for place in left.places:
        print(f"  left: {place!r}", file=sys.stderr)
    return _say("Something of them is left in these places, or may be: look into them by hand.", LEFT)


def _rebuild(given: argparse.Namespace, raw: Path, warehouse: Path, person: Person) -> int:
    """Build the newest release anew, as of the same instant, so that its totals are without the person too."""
    names = release_names(warehouse)
    if not names or current_release(warehouse) != names[-1] or given.no_build:
        print("The next scripts/build builds everything anew.")
        return ERASED
    facts: dict[str, Any] = dict(release_facts(warehouse, names[-1]))
    settings = {**(facts.get("settings") or {}), "as_of": facts.get("as_of")}
    # Whoever keeps more releases than builds do by themselves loses none of them here.
    keep = str(max(DEFAULT_KEEP, len(names) + 1))
    build = [sys.executable, "-m", "callmart.build", "--full-refresh", "--keep", keep]
    print("Building anew, as of the same instant.", flush=True)
    done = subprocess.run(
        [*build, "--vars", json.dumps(settings)],
        env={**os.environ, "CALLMART_RAW": str(raw), "CALLMART_WAREHOUSE": str(warehouse)},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        return _say("They are erased; the newest release could not be built anew: run scripts/build.", LEFT)
    return _verdict(search(person, (warehouse / "releases", warehouse / "work")))


def _say(sentence: str, code: int) -> int:
    print(f"erase: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
