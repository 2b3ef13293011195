"""Connectors: the exports of a vendor, and where they lie. A connector is a folder of `models/connectors`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callmart.contract import Table, read_exports
from callmart.paths import PROJECT

# The folders below the raw folder in which the exports of each connector that is on lie: `asterisk`, or one
# `asterisk@lyon` for each of several instances.
Folders = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Places:
    """Where a project keeps what belongs to its connectors."""

    root: Path = PROJECT

    @property
    def models(self) -> Path:
        """The folder with a folder of models per connector."""
        return self.root / "models" / "connectors"

    @property
    def registry(self) -> Path:
        """The macro that lists what each connector reads and gives."""
        return self.root / "macros" / "connectors" / "registry.sql"

    @property
    def pages(self) -> Path:
        """The folder with a page per connector."""
        return self.root / "docs" / "connectors"

    @property
    def fixtures(self) -> Path:
        """The folder with a fixture per connector."""
        return self.root / "tests" / "connectors"

    def sources(self, connector: str) -> Path:
        """The file that describes the exports of a connector."""
        return self.models / connector / f"_{connector}__sources.yml"


OWN = Places()


def known_connectors(places: Places = OWN) -> list[str]:
    """The names of all connectors, on or off."""
    folders = places.models.iterdir() if places.models.is_dir() else ()
    return sorted(folder.name for folder in folders if folder.is_dir())


def exports_of(folders: Folders) -> dict[str, Table]:
    """The exports of the connectors that are on, by name.

    Raises ContractError when one is described badly.
    """
    exports = [table for connector in folders for table in read_exports(OWN.sources(connector), connector)]
    return {table.name: table for table in exports}
