"""Connectors: the exports of a vendor, and where they lie. A connector is a folder of `models/connectors`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from callmart.contract import Table, read_exports
from callmart.paths import PROJECT

CONNECTORS = PROJECT / "models" / "connectors"

# The folders below the raw folder in which the exports of each connector that is on lie: `asterisk`, or one
# `asterisk@lyon` for each of several instances.
Folders = Mapping[str, Sequence[str]]


def known_connectors(root: Path = CONNECTORS) -> list[str]:
    """The names of all connectors, on or off."""
    return sorted(folder.name for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []


def sources_file(connector: str, root: Path = CONNECTORS) -> Path:
    """The file that describes the exports of a connector."""
    return root / connector / f"_{connector}__sources.yml"


def exports_of(folders: Folders) -> dict[str, Table]:
    """The exports of the connectors that are on, by name.

    Raises ContractError when one is described badly.
    """
    exports = [table for connector in folders for table in read_exports(sources_file(connector), connector)]
    return {table.name: table for table in exports}
