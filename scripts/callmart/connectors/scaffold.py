"""The files of a new connector: what is there from the start is what `check` asks for, to be filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from callmart.connectors import OWN, Places, known_connectors
from callmart.connectors.check import EXPECTED, FIRST_LINE, HEADINGS
from callmart.contract import read_contract

_END_OF_REGISTRY = "    }) }}\n{%- endmacro %}"


class ScaffoldError(ValueError):
    """The connector cannot be begun; the message says what to change."""


def write(connector: str, exports: Sequence[str], tables: Sequence[str], places: Places = OWN) -> list[Path]:
    """Write the files of a connector that reads these exports and gives these tables, and register it.

    Raises:
        ScaffoldError: a name cannot be used, or the connector is there already.
    """
    for name in (connector, *exports):
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            raise ScaffoldError(f"Write {name!r} in snake_case.")
    contract = read_contract().tables
    for table in tables:
        if table not in contract:
            raise ScaffoldError(f"There is no raw table {table!r}: take of {', '.join(contract)}.")
    if connector in known_connectors(places):
        raise ScaffoldError(f"There is a connector {connector} already: scripts/connector check {connector}.")
    folder = places.models / connector
    files = {
        folder / f"_{connector}__sources.yml": _sources(connector, exports),
        folder / f"_{connector}__models.yml": _models(connector, exports, tables),
        places.pages / f"{connector}.md": f"# {connector}\n\n"
        + "\n\n".join(f"## {heading}\n\nTODO" for heading in HEADINGS)
        + "\n",
        places.fixtures / connector / "expected.csv": ",".join(EXPECTED) + "\n",
        **{folder / f"{connector}__read_{name}.sql": _read_model(connector, name) for name in exports},
        **{
            folder / f"{connector}__{table}.sql": _table_model(connector, exports[0], table)
            for table in tables
        },
    }
    _register(connector, exports, tables, places)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [path.relative_to(places.root) for path in files]


def _register(connector: str, exports: Sequence[str], tables: Sequence[str], places: Places) -> None:
    text = places.registry.read_text(encoding="utf-8")
    start, end, rest = text.partition(_END_OF_REGISTRY)
    if not end:
        raise ScaffoldError(f"Restore the list in {places.registry.name}: its end is not found.")
    line = f"        '{connector}': {{'reads': {list(exports)!r}, 'gives': {list(tables)!r}}},\n"
    places.registry.write_text(start + line + end + rest, encoding="utf-8")


def _sources(connector: str, exports: Sequence[str]) -> str:
    tables = "".join(
        f"      - name: {name}\n        identifier: {connector}__{name}\n        description:\n        columns: []\n"
        for name in exports
    )
    return (
        f"version: 2\n\nsources:\n  - name: {connector}\n    description: Exports of {connector}.\n"
        f"    schema: raw\n    tables:\n{tables}"
    )


def _models(connector: str, exports: Sequence[str], tables: Sequence[str]) -> str:
    read = "".join(f"  - name: {connector}__read_{name}\n    description:\n\n" for name in exports)
    given = "".join(
        f"  - name: {connector}__{table}\n    description:\n    config:\n      meta:\n        unknown: {{}}\n"
        f"    columns: []\n\n"
        for table in tables
    )
    return f"version: 2\n\nmodels:\n{read}{given}".rstrip() + "\n"


def _read_model(connector: str, export: str) -> str:
    return f"""{FIRST_LINE}
-- One row per row of the export.
select
    _file,
    _row,
    cast(null as {{{{ dbt.type_string() }}}}) as _left_out_for,
    cast(null as {{{{ dbt.type_string() }}}}) as _made_into_id
from {{{{ source('{connector}', '{export}') }}}}
"""


def _table_model(connector: str, export: str, table: str) -> str:
    required = [column.name for column in read_contract().tables[table].columns if column.required]
    columns = "".join(f"    cast(null as {{{{ dbt.type_string() }}}}) as {name},\n" for name in required)
    return f"""{FIRST_LINE}
-- One row per
select
{columns}    _file,
    _row
from {{{{ ref('{connector}__read_{export}') }}}}
where _left_out_for is null
"""
