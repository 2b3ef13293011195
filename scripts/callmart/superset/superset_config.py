"""Superset's settings, which it reads itself (`SUPERSET_CONFIG_PATH`); CALLMART_SUPERSET names its folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from callmart.superset.connection import hardened, newest
from superset.config import TALISMAN_CONFIG

_FOLDER = Path(os.environ["CALLMART_SUPERSET"])

SECRET_KEY = (_FOLDER / "secret_key").read_text(encoding="ascii").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_FOLDER / 'superset.db'}"
# One process serves this machine: what it counts, it counts for itself.
RATELIMIT_STORAGE_URI = "memory://"
SESSION_COOKIE_SAMESITE = "Strict"
ROW_LIMIT = 10_000
SQL_MAX_ROW = 100_000
SQLLAB_TIMEOUT = 60
# A page asks this server and nobody else: of itself it would load a picture from a host that counts users.
TALISMAN_CONFIG = {
    **TALISMAN_CONFIG,
    "content_security_policy": {
        use: [source for source in sources if source.startswith(("'", "blob:", "data:"))]
        if isinstance(sources, list)
        else sources
        for use, sources in TALISMAN_CONFIG["content_security_policy"].items()
    },
}


def DB_CONNECTION_MUTATOR(  # noqa: N802 - the name is Superset's
    uri: Any, params: dict[str, Any], _username: str, _security_manager: Any, _source: Any
) -> tuple[Any, dict[str, Any]]:
    """Open a DuckDB file as `connection` says, whatever somebody has put into the form."""
    if uri.get_backend_name() != "duckdb":
        return uri, params
    return uri.set(database=newest(uri.database or "")), hardened(params)
