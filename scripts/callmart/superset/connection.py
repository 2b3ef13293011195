"""How Superset opens the published file: read-only, shut in, and always the newest release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callmart.releases import DATABASE

# `read_only` alone would let a query read every file of the machine, and write others.
ENGINE_PARAMS: dict[str, Any] = {
    "connect_args": {
        "read_only": True,
        "config": {
            "enable_external_access": False,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "memory_limit": "2GB",
            "threads": 2,
            "temp_directory": "",
            "lock_configuration": True,
        },
    }
}


def uri(warehouse: Path) -> str:
    """The address of the published file, as SQLAlchemy writes it."""
    return f"duckdb:///{warehouse / 'current' / DATABASE}"


def newest(path: str) -> str:
    """The file that `current` leads to now.

    DuckDB knows a file it has open by its path: under the link's own path it would go on reading the release before
    as long as any query runs.
    """
    return str(Path(path).resolve())


def hardened(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of an engine with ours put over them: nobody connects to a file of DuckDB without."""
    ours = ENGINE_PARAMS["connect_args"]
    given = params.get("connect_args", {})
    config = {**given.get("config", {}), **ours["config"]}
    return {**params, "connect_args": {**given, **ours, "config": config}}
