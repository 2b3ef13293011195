"""Who a row is about: the columns that say it, and all that belongs to one person.

A row that names a customer is that customer's. A row that names none belongs to a person when it holds anything that
is theirs alone: a telephone number, a key, a lead, a record of a list, a contact, a ticket.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb

from callmart.sql_text import identifier, literal

OWNER = "customer_id"
# What a column holds, by its name in the raw files and in releases.
KINDS: Mapping[str, str] = {
    OWNER: "customer",
    "lead_id": "lead",
    "merged_into_lead_id": "lead",
    "contact_record_id": "record",
    "person_key": "key",
    "recipient_key": "key",
    "from_number": "phone",
    "to_number": "phone",
    "call_id": "call",
    "previous_call_id": "call",
    "created_by_call_id": "call",
    "interaction_id": "interaction",
    "ticket_id": "ticket",
    "invitation_id": "invitation",
    "from_number_hash": "phone_hash",
    "to_number_hash": "phone_hash",
    "person_key_hash": "key_hash",
    "recipient_key_hash": "key_hash",
    "person_id": "person",
}
# Of the two numbers of a leg the customer's is the one that called, or the one that was called.
_THEIRS_WHEN = {"from_number": "inbound", "to_number": "outbound"}
# What tells who a person is, by itself. The others are numbers of things, which mean nothing once these are gone.
_TELLING = ("customer", "lead", "record", "key", "phone", "key_hash", "phone_hash")
# A shorter text stands in many a place by chance: it is looked for in its own columns only.
_LONG_ENOUGH = {"phone": 7}
_LONG = 5
_BETWEEN_DIGITS = r"[ .()/-]{0,3}"

Value = tuple[str, str]


@dataclass(frozen=True)
class Relation:
    """A table to look through: its name, how SQL calls it, and its columns."""

    table: str
    sql: str
    columns: frozenset[str]

    @property
    def links(self) -> list[tuple[str, str]]:
        """The columns that say whom a row is about, each with its kind, without the one that names the customer."""
        return [
            (column, kind) for column, kind in KINDS.items() if column in self.columns and column != OWNER
        ]

    @property
    def owner(self) -> str | None:
        """The customer of a row as SQL; None when the table names no customer."""
        return _normal("customer", OWNER) if OWNER in self.columns else None


@dataclass(frozen=True)
class Person:
    """What is known of a person: texts by kind, as they are compared.

    Attributes:
        values: all of them.
        shared: those that stand in rows of other customers, too, and stay there.
    """

    values: frozenset[Value]
    shared: frozenset[Value] = frozenset()

    def of(self, kind: str) -> list[str]:
        """The texts of a kind."""
        return sorted(value for each, value in self.values if each == kind)

    def condition(self, relation: Relation) -> str | None:
        """The condition, as SQL, that a row of the table is this person's; None when none can be."""
        links = [
            f"{_normal(kind, column)} in ({_texts(known)})"
            for column, kind in relation.links
            if (known := self.of(kind))
        ]
        linked = " or ".join(links)
        if relation.owner is None:
            return f"({linked})" if linked else None
        parts = [f"{relation.owner} in ({_texts(customers)})"] if (customers := self.of("customer")) else []
        if linked:
            parts.append(f"({relation.owner} is null and ({linked}))")
        return f"({' or '.join(parts)})" if parts else None

    @cached_property
    def needles(self) -> list[str]:
        """The texts that may stand nowhere once the person is erased, those long enough to mean nobody else."""
        return sorted(
            value
            for kind, value in self.values - self.shared
            if kind in _TELLING and len(value) >= _LONG_ENOUGH.get(kind, _LONG)
        )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches any of these in a text, numbers however they are spelled; nothing when there is none."""
        texts = [
            rf"(?<![0-9])(?:00)?{_BETWEEN_DIGITS.join(needle)}(?![0-9])"
            if needle.isdecimal()
            else rf"(?<![\w-]){re.escape(needle)}(?![\w-])"
            for needle in self.needles
        ]
        return re.compile("|".join(texts) or r"(?!)", re.IGNORECASE)


def gather(
    connection: duckdb.DuckDBPyConnection, relations: Sequence[Relation], seeds: Iterable[Value], salt: str
) -> Person:
    """All that belongs to the person of the seeds, from row to row until nothing new is found.

    What also stands in a row of another customer is not theirs alone, and is left out, unless it is a seed.
    """
    refused: set[Value] = set()
    known = set(_with_derived(seeds, salt))
    customers = [value for kind, value in known if kind == "customer"]
    given = {value for relation in relations for value in _shared(connection, relation, known, customers)}
    shared_seeds = frozenset(_with_derived(given, salt))
    while True:
        person = Person(frozenset(known), shared_seeds)
        found = {value for relation in relations for value in _values(connection, relation, person)}
        fresh = found - known - refused
        shared = {
            value
            for relation in relations
            for value in _shared(connection, relation, fresh, person.of("customer"))
        }
        refused |= set(_with_derived(shared, salt))
        fresh = set(_with_derived(fresh - refused, salt)) - refused - known
        if not fresh:
            return person
        known |= fresh


def _values(connection: duckdb.DuckDBPyConnection, relation: Relation, person: Person) -> Iterator[Value]:
    """What stands in the rows of a person."""
    condition = person.condition(relation)
    pairs = [
        f"{{'kind': {literal(kind)}, 'text': {_theirs(column, kind)}}}"
        for column, kind in relation.links
        if kind != "person"
    ]
    if condition is None or not pairs:
        return
    rows = connection.execute(
        f"select distinct pair.kind, pair.text from (select unnest([{', '.join(pairs)}]) as pair"
        f" from {relation.sql} where {condition}) where pair.text is not null"
    ).fetchall()
    yield from rows


def _shared(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    values: Iterable[Value],
    customers: Sequence[str],
) -> Iterator[Value]:
    """Those of the values that stand in a row of another customer."""
    if relation.owner is None:
        return
    others = f"{relation.owner} is not null"
    if customers:
        others += f" and {relation.owner} not in ({_texts(customers)})"
    by_kind: dict[str, list[str]] = {}
    for kind, value in values:
        by_kind.setdefault(kind, []).append(value)
    for column, kind in relation.links:
        if kind in by_kind:
            text = _normal(kind, column)
            rows = connection.execute(
                f"select distinct {text} from {relation.sql} where {text} in ({_texts(by_kind[kind])}) and {others}"
            ).fetchall()
            yield from ((kind, value) for (value,) in rows)


def _theirs(column: str, kind: str) -> str:
    text = _normal(kind, column)
    direction = _THEIRS_WHEN.get(column.removesuffix("_hash"))
    if direction is None:
        return text
    return f"case when lower(trim(direction)) = {literal(direction)} then {text} end"


def _normal(kind: str, column: str) -> str:
    """A column as texts of its kind are compared, and hashed: macros/engine/text.sql."""
    name = identifier(column)
    if kind == "phone":
        return f"nullif(regexp_replace(regexp_replace({name}, '[^0-9]', '', 'g'), '^00', ''), '')"
    return f"nullif(lower(trim({name})), '')" if kind == "key" else f"nullif(trim({name}), '')"


def normal(kind: str, text: str) -> str:
    """A text as `_normal` makes it."""
    if kind == "phone":
        return re.sub("^00", "", re.sub("[^0-9]", "", text))
    return text.strip().lower() if kind == "key" else text.strip()


def normal_column(column: str) -> str:
    """A column of the raw files, as SQL, as its texts are compared."""
    return _normal(KINDS[column], column)


def _with_derived(values: Iterable[Value], salt: str) -> Iterator[Value]:
    """The values, and what of them is published: hashes, and keys of persons made of one or the other."""
    for kind, value in values:
        yield kind, value
        if kind in ("key", "phone"):
            hashed = hashlib.sha256(f"{salt}:{value}".encode()).hexdigest()
            yield f"{kind}_hash", hashed
            if kind == "key":
                yield "person", hashed
        elif kind == "key_hash":
            yield "person", value
        elif kind in ("record", "lead", "customer"):
            yield "person", f"{kind}:{value}"


def _texts(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))
