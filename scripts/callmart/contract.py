"""The raw contract as Python objects, read from the dbt source `raw` that states it.

The exports of a connector are described in the same way, by a dbt source of the connector's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

ColumnType = Literal["text", "instant", "date", "seconds", "integer", "decimal", "boolean", "timezone"]
Personal = Literal["phone", "key", "presence", "drop"]

Format = Literal["csv", "json", "jsonl"]

CONTRACT_FILE = Path(__file__).resolve().parents[2] / "models" / "staging" / "_raw__sources.yml"
SOURCE_NAME = "raw"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times faster


class ContractError(ValueError):
    """The contract's file says something the loader cannot act on; the message says what to correct."""


@dataclass(frozen=True)
class Column:
    """A column of a raw table. Its value arrives as text; `type` is what staging makes of it."""

    name: str
    type: ColumnType
    description: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    lowercase: bool = False
    default: str | bool | None = None
    is_event: bool = False
    personal: Personal | None = None
    non_negative: bool = False


@dataclass(frozen=True)
class Layout:
    """What files do not say of themselves: how a vendor writes an export.

    Attributes:
        format: what a file is whose name does not say it.
        has_header: whether a delimited file begins with the names of its columns; else they are the table's, in order.
        delimiter: what separates the fields of a file without a header.
        is_ragged: lines are cut at the delimiter and nothing else, whatever their number of fields; those beyond the
            last column stay in it.
        records: the member of a JSON document that lists the records, such as `result.elements`; None when a document
            is one, or a list of them.
        keeps_others: whether what a file holds besides the columns is kept, as a JSON object in `_unlisted`: columns
            whose names are the user's own. Members of JSON keep their names in it.
    """

    format: Format | None = None
    has_header: bool = True
    delimiter: str = ","
    is_ragged: bool = False
    records: str | None = None
    keeps_others: bool = False


@dataclass(frozen=True)
class Table:
    """A raw table: what identifies a row, which instants follow each other, and its columns in order.

    `judged_with` names a table before it in the contract whose rows decide which of its own are good. `dated_by` is
    the column that says on which day a row happened, None for a table of things that are and do not happen. An export
    of a connector has a `layout` and no key; with `read_whole` its rows need those of all its files beside them.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False
    in_order: tuple[tuple[str, str], ...] = ()
    judged_with: str | None = None
    dated_by: Column | None = None
    layout: Layout | None = None
    read_whole: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    @property
    def hashed_columns(self) -> tuple[str, ...]:
        """Names of the columns of personal data of which only a keyed hash leaves staging."""
        return tuple(column.name for column in self.columns if column.personal in ("phone", "key"))


@dataclass(frozen=True)
class Contract:
    """Every raw table, by name, in the contract's order."""

    tables: Mapping[str, Table]


def read_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read the contract.

    Raises ContractError when the file is absent, is no YAML, or breaks the scheme stated at its head.
    """
    tables = [_table(entry) for entry in _source_tables(path, SOURCE_NAME)]
    for number, table in enumerate(tables):
        if table.judged_with and table.judged_with not in {earlier.name for earlier in tables[:number]}:
            raise ContractError(
                f"Put the table that {table.name} is judged with before it in the raw contract."
            )
    return Contract(tables={table.name: table for table in tables})


def read_exports(path: Path, connector: str) -> list[Table]:
    """Read the exports of a connector, in the order of its file; they bear the connector's name before their own.

    Raises ContractError as `read_contract` does.
    """
    return [_export(connector, entry) for entry in _source_tables(path, connector)]


def _source_tables(path: Path, name: str) -> list[Mapping[str, Any]]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, yaml.YAMLError) as error:
        raise ContractError(f"The file {path} cannot be read, restore it: {error}") from error
    sources = document.get("sources", []) if isinstance(document, dict) else []
    source = next((source for source in sources if source.get("name") == name), None)
    if source is None:
        raise ContractError(f"Name a source `{name}` in {path}: it says what the raw files hold.")
    tables: list[Mapping[str, Any]] = source.get("tables", [])
    return tables


def _export(connector: str, entry: Mapping[str, Any]) -> Table:
    name = f"{connector}__{entry['name']}"
    meta = _meta(
        entry,
        where=name,
        known={"format", "header", "delimiter", "ragged", "records", "others", "read_whole"},
    )
    _check_choice(meta.get("format"), (None, *get_args(Format)), what=f"format of {name}")
    table = Table(
        name=name,
        description=_description(entry),
        key=(),
        layout=Layout(
            format=meta.get("format"),
            has_header=bool(meta.get("header", True)),
            delimiter=str(meta.get("delimiter", ",")),
            is_ragged=bool(meta.get("ragged", False)),
            records=meta.get("records"),
            keeps_others=bool(meta.get("others", False)),
        ),
        read_whole=bool(meta.get("read_whole", False)),
        columns=tuple(_export_column(name, column) for column in entry.get("columns", ())),
    )
    if str(entry.get("identifier")) != name:
        raise ContractError(f"Give {entry['name']} of {connector} the identifier `{name}`.")
    for column in table.column_names:
        if column != snake_case(column):
            raise ContractError(
                f"Name the column `{column}` of {name} `{snake_case(column)}`, as the loader does."
            )
    _check_columns(table)
    return table


def _export_column(table: str, entry: Mapping[str, Any]) -> Column:
    where = f"{table}.{entry['name']}"
    meta = _meta(entry, where=where, known={"personal"})
    _check_choice(meta.get("personal"), (None, *get_args(Personal)), what=f"personal treatment of {where}")
    return Column(
        name=str(entry["name"]), type="text", description=_description(entry), personal=meta.get("personal")
    )


def snake_case(name: str) -> str:
    """What a column of an export is called: letters and digits in lower case, all else an underscore."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _table(entry: Mapping[str, Any]) -> Table:
    name = str(entry["name"])
    meta = _meta(entry, where=name, known={"key", "required", "in_order", "judged_with", "dated_by"})
    columns = tuple(_column(name, column) for column in entry.get("columns", ()))
    dated_by = next((column for column in columns if column.name == meta.get("dated_by")), None)
    if "dated_by" in meta and (dated_by is None or dated_by.type not in ("instant", "date")):
        raise ContractError(f"Date {name} by an instant or a date of its own in the raw contract.")
    table = Table(
        name=name,
        description=_description(entry),
        key=tuple(meta.get("key", ())),
        required=bool(meta.get("required", False)),
        in_order=tuple((earlier, later) for earlier, later in meta.get("in_order", ())),
        judged_with=meta.get("judged_with"),
        columns=columns,
        dated_by=dated_by,
    )
    _check(table)
    return table


def _column(table: str, entry: Mapping[str, Any]) -> Column:
    name = str(entry["name"])
    where = f"{table}.{name}"
    known = {"type", "required", "allowed", "lowercase", "default", "is_event", "personal", "non_negative"}
    meta = _meta(entry, where=where, known=known)
    _check_choice(meta.get("type"), get_args(ColumnType), what=f"type of {where}")
    _check_choice(meta.get("personal"), (None, *get_args(Personal)), what=f"personal treatment of {where}")
    return Column(
        name=name,
        type=meta["type"],
        description=_description(entry),
        required=bool(meta.get("required", False)),
        allowed=tuple(str(value) for value in meta.get("allowed", ())),
        lowercase=bool(meta.get("lowercase", False)),
        default=meta.get("default"),
        is_event=bool(meta.get("is_event", False)),
        personal=meta.get("personal"),
        non_negative=bool(meta.get("non_negative", False)),
    )


def _meta(entry: Mapping[str, Any], where: str, known: set[str]) -> dict[str, Any]:
    meta: dict[str, Any] = entry.get("config", {}).get("meta", {})
    unknown = sorted(set(meta) - known)
    if unknown:
        raise ContractError(f"Remove `{unknown[0]}` from the meta of {where} in the raw contract.")
    return meta


def _check_choice(value: object, choices: tuple[object, ...], what: str) -> None:
    if value not in choices:
        known = ", ".join(str(choice) for choice in choices if choice is not None)
        raise ContractError(f"Correct the {what} in the raw contract: `{value}` is none of {known}.")


def _description(entry: Mapping[str, Any]) -> str:
    return " ".join(str(entry.get("description", "")).split())


def _check_columns(table: Table) -> None:
    if len(set(table.column_names)) != len(table.columns):
        raise ContractError(f"Name each column of {table.name} once in the raw contract.")


def _check(table: Table) -> None:
    _check_columns(table)
    types = {column.name: column.type for column in table.columns}
    if not table.key or not set(table.key) <= set(types):
        raise ContractError(f"Make the key of {table.name} of its own columns in the raw contract.")
    for name in (name for pair in table.in_order for name in pair):
        if types.get(name) != "instant":
            raise ContractError(f"Put instants of {table.name} in its `in_order`: `{name}` is none.")
