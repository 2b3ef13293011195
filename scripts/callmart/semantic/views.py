"""The connection MetricFlow queries on: a database in memory, over the published file, read-only.

dbt's adapter for DuckDB loads this module as a plugin (`semantic/profiles.yml`). Nothing is written anywhere: the views
of `semantic/models` are made anew, in a few milliseconds, whenever a connection is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from callmart.memory import limit_memory
from callmart.paths import PROJECT, warehouse_folder
from callmart.releases import DATABASE, current_release
from callmart.sql_text import literal

if TYPE_CHECKING:
    import duckdb

MODELS = PROJECT / "semantic" / "models"


class NothingPublishedError(RuntimeError):
    """There is no release to query."""


def published_file(warehouse: Path) -> Path:
    """The file readers open, by the name that stays the same from release to release.

    Raises:
        NothingPublishedError: nothing is published there.
    """
    if current_release(warehouse) is None:
        raise NothingPublishedError(f"Nothing is published in {warehouse}: run scripts/build first.")
    return warehouse / "current" / DATABASE


def make_views(connection: duckdb.DuckDBPyConnection, published: Path, models: Path = MODELS) -> None:
    """Attach the published file to an empty database, read-only, make the views, and shut all other doors.

    The views name no columns of their own, so that a query sees the release that was current when it connected.
    """
    connection.execute(f"attach {literal(str(published))} as callmart (read_only)")
    connection.execute("set TimeZone = 'UTC'")
    limit_memory(connection)
    for path in sorted(models.rglob("*.sql")):
        connection.execute(f"create or replace view {path.stem} as {path.read_text(encoding='utf-8')}")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


class Plugin(BasePlugin):
    """What the adapter calls with each new database."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Make the views over the published file."""
        make_views(conn, published_file(warehouse_folder()))
