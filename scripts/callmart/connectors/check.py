"""What a connector still lacks: one sentence for each thing that is missing or does not agree."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from callmart.connectors import OWN, Places
from callmart.contract import ContractError, read_contract, read_exports

HEADINGS = (
    "How to export",
    "What maps to what",
    "What the vendor counts differently",
    "What cannot be known",
    "Version",
)
EXPECTED = ["kpi_id", "grain", "period_start", "scope_type", "scope_id", "numerator", "denominator", "value"]
FIRST_LINE = "{{ connector_model() }}"
# What every table has and staging fills when a connector does not.
_COMMON = frozenset({"source_system", "updated_at"})
_ENTRY = r"'{name}':\s*{{'reads':\s*\[(?P<reads>[^\]]*)\],\s*'gives':\s*\[(?P<gives>[^\]]*)\]}}"


def problems_of(connector: str, places: Places = OWN) -> list[str]:
    """What the connector lacks; nothing when it is whole."""
    registered = registration_of(connector, places)
    if registered is None:
        return [f"Add a line for {connector} to {places.registry.name}: what it reads and what it gives."]
    reads, gives = registered
    return [
        *_sources(connector, reads, places),
        *_models(connector, reads, gives, places),
        *_page(connector, places),
        *_fixture(connector, reads, places),
    ]


def registration_of(connector: str, places: Places = OWN) -> tuple[list[str], list[str]] | None:
    """The exports a connector reads and the tables it gives, by the registry; None when it is not in there."""
    found = re.search(_ENTRY.format(name=re.escape(connector)), places.registry.read_text(encoding="utf-8"))
    if found is None:
        return None
    return re.findall(r"\w+", found["reads"]), re.findall(r"\w+", found["gives"])


def _sources(connector: str, reads: list[str], places: Places) -> list[str]:
    try:
        exports = read_exports(places.sources(connector), connector)
    except ContractError as error:
        return [str(error)]
    described = {table.name.partition("__")[2] for table in exports}
    problems = [
        f"Describe the export {name} in {places.sources(connector).name}."
        for name in reads
        if name not in described
    ]
    problems += [f"The registry does not read the export {name}." for name in sorted(described - set(reads))]
    for table in exports:
        problems += [f"Describe {table.name}."] if not table.description else []
        problems += [
            f"Describe the column {column.name} of {table.name}."
            for column in table.columns
            if not column.description
        ]
        problems += [f"Name the columns of {table.name} that its models read."] if not table.columns else []
    return problems


def _models(connector: str, reads: list[str], gives: list[str], places: Places) -> list[str]:
    folder = places.models / connector
    wanted = {f"{connector}__read_{name}" for name in reads} | {f"{connector}__{name}" for name in gives}
    present = {path.stem for path in folder.glob("*.sql")}
    problems = [f"Write the model {name}.sql." for name in sorted(wanted - present)]
    texts = {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in sorted(present)}
    problems += [
        f"The registry knows nothing of the model {name}.sql, and no model reads it."
        for name in sorted(present - wanted)
        if not any(f"ref('{name}')" in text for text in texts.values())
    ]
    for name, text in texts.items():
        if not text.startswith(FIRST_LINE):
            problems.append(f"Begin {name}.sql with {FIRST_LINE}.")
    for name in sorted(f"{connector}__read_{read}" for read in reads):
        path = folder / f"{name}.sql"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        problems += [
            f"Give {name} the column {column}."
            for column in ("_file", "_row", "_left_out_for", "_made_into_id")
            if text and column not in text
        ]
    described = _described_models(folder / f"_{connector}__models.yml")
    problems += [
        f"Describe the model {name}."
        for name in sorted(present)
        if not described.get(name, {}).get("description")
    ]
    for table in gives:
        problems += _columns(connector, table, described.get(f"{connector}__{table}", {}))
    return problems


def _described_models(path: Path) -> dict[str, Mapping[str, Any]]:
    if not path.is_file():
        return {}
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {model["name"]: model for model in document.get("models") or ()}


def _columns(connector: str, table: str, model: Mapping[str, Any]) -> list[str]:
    """Every column of the table is either given, by its description, or not, with the reason."""
    contract = read_contract().tables.get(table)
    if contract is None:
        return [f"The registry gives {table}, which is no table of the raw contract."]
    name = f"{connector}__{table}"
    given = {column["name"]: column.get("description") for column in model.get("columns") or ()}
    unknown: Mapping[str, str] = ((model.get("config") or {}).get("meta") or {}).get("unknown") or {}
    known = set(contract.column_names)
    problems = [
        f"The raw contract's {table} has no column {column}, which {name} names."
        for column in sorted({*given, *unknown} - known)
    ]
    problems += [
        f"{name} both gives {column} and calls it unknown." for column in sorted({*given} & {*unknown})
    ]
    problems += [
        f"Say in {name} where {column} comes from, or under `unknown` why it is null."
        for column in contract.column_names
        if column not in {*given, *unknown, *_COMMON}
    ]
    problems += [f"Say where {column} of {name} comes from." for column, text in given.items() if not text]
    problems += [f"Say why {column} of {name} is unknown." for column, text in unknown.items() if not text]
    required = [column.name for column in contract.columns if column.required and column.name not in given]
    return problems + [
        f"{name} has to give {column}: without it every row is rejected." for column in required
    ]


def _page(connector: str, places: Places) -> list[str]:
    path = places.pages / f"{connector}.md"
    if not path.is_file():
        return [f"Write the page {path.relative_to(places.root)}."]
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^## (.+?)\s*$", text, re.MULTILINE)
    problems = [
        f"Give {path.name} the heading `## {heading}`." for heading in HEADINGS if heading not in found
    ]
    return problems + ([f"Finish {path.name}: it still says TODO."] if "TODO" in text else [])


def _fixture(connector: str, reads: list[str], places: Places) -> list[str]:
    folder = places.fixtures / connector
    place = folder.relative_to(places.root)
    problems = [
        f"Put files as the vendor writes them into {place}/raw/{connector}/{name}."
        for name in reads
        if not any(path.is_file() for path in (folder / "raw" / connector / name).rglob("*"))
    ]
    if not (folder / "working.md").is_file():
        problems.append(f"Show in {place}/working.md how the expected values were worked out by hand.")
    expected = folder / "expected.csv"
    if not expected.is_file():
        return [*problems, f"Write the expected values of KPIs into {place}/expected.csv."]
    with expected.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    if not rows or rows[0] != EXPECTED:
        problems.append(f"Begin {place}/expected.csv with {','.join(EXPECTED)}.")
    elif len(rows) < 2:
        problems.append(f"Work out some KPIs of the fixture, for {place}/expected.csv.")
    return problems
