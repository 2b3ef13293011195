"""Who was erased: keyed hashes beside the raw files, by which a file that brings a person back is known.

The list lies in the raw folder because that is where files come back from backups and exports. It holds hashes alone,
keyed with `CALLMART_SALT` and unlike those that are published.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from callmart.erasure.person import KINDS, Person, Relation, Value, normal_column
from callmart.runs import put_in_place
from callmart.sql_text import literal

NAME = "_erased.json"  # the loader passes over names that begin with `_`
_WORD = "callmart"


class ErasedListError(RuntimeError):
    """The list cannot be used; the sentence says what to do."""


class Returned(NamedTuple):
    """What came back: texts of erased persons, by kind, and the raw files they stand in."""

    values: frozenset[Value]
    files: tuple[str, ...]


def add(raw: Path, salt: str, person: Person) -> None:
    """Note that a person is erased. Raises ErasedListError, OSError."""
    hashes = sorted(_hash(salt, kind, value) for kind, value in person.values if kind in KINDS.values())
    persons = [each for each in _read(raw, salt) if not set(each["hashes"]) <= set(hashes)]
    persons.append({"erased_at": datetime.now(UTC).isoformat(timespec="seconds"), "hashes": hashes})
    _write(raw, salt, persons)


def lift(raw: Path, salt: str, customer: str) -> bool:
    """Take a customer off the list, who came back by their own will; whether they stood there."""
    mark = _hash(salt, "customer", customer)
    persons = _read(raw, salt)
    kept = [person for person in persons if mark not in person["hashes"]]
    if len(kept) < len(persons):
        _write(raw, salt, kept)
    return len(kept) < len(persons)


def is_listed(raw: Path, salt: str, customer: str) -> bool:
    """Whether a customer was erased before."""
    mark = _hash(salt, "customer", customer)
    return any(mark in person["hashes"] for person in _read(raw, salt))


def is_keyed_with(raw: Path, salt: str) -> bool:
    """Whether there is a list and it was written with this salt."""
    try:
        return bool(_read(raw, salt))
    except ErasedListError:
        return False


def returned(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[Relation], raw: Path, salt: str
) -> Returned:
    """What of the rows that were read just now belongs to erased persons. Raises ErasedListError."""
    hashes = {mark for person in _read(raw, salt) for mark in person["hashes"]}
    values: set[Value] = set()
    files: set[str] = set()
    if not hashes:
        return Returned(frozenset(), ())
    connection.execute("create or replace temp table erased_hashes (mark varchar)")
    connection.executemany("insert into erased_hashes values (?)", [[mark] for mark in sorted(hashes)])
    for relation in relations:
        # Whoever is named as the customer of a row is whose row it is.
        owner = [("customer_id", "customer", "true")] if relation.owner else []
        unowned = f"{relation.owner} is null" if relation.owner else "true"
        for column, kind, condition in [*owner, *((*link, unowned) for link in relation.links)]:
            text = normal_column(column)
            mark = f"sha256({literal(_key(salt, kind))} || text)"
            found = connection.execute(
                f"select text, list(distinct _file) from (select {text} as text, _file from {relation.sql}"
                f" where {condition}) where {mark} in (select mark from erased_hashes) group by text"
            ).fetchall()
            values |= {(kind, text) for text, _ in found}
            files |= {file for _, those in found for file in those}
    connection.execute("drop table erased_hashes")
    return Returned(frozenset(values), tuple(sorted(files)))


def _key(salt: str, kind: str) -> str:
    return f"{salt}:erased:{kind}:"


def _hash(salt: str, kind: str, text: str) -> str:
    return hashlib.sha256((_key(salt, kind) + text).encode()).hexdigest()


def _read(raw: Path, salt: str) -> list[dict[str, Any]]:
    path = raw / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        check, persons = content["check"], content["persons"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise ErasedListError(f"{path}, the list of erased persons, cannot be read: restore it.") from None
    if check != _hash(salt, "word", _WORD):
        raise ErasedListError(f"{path} was written with another CALLMART_SALT: set it to the one of then.")
    return list(persons)


def _write(raw: Path, salt: str, persons: Sequence[dict[str, Any]]) -> None:
    content = {"check": _hash(salt, "word", _WORD), "persons": list(persons)}
    put_in_place(raw / NAME, json.dumps(content, indent=1) + "\n", 0o600)
