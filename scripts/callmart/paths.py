"""Where the project and its data are."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def raw_folder() -> Path:
    """Where raw files land: `CALLMART_RAW`, or `data/raw`."""
    return Path(os.environ.get("CALLMART_RAW") or PROJECT / "data" / "raw").absolute()


def warehouse_folder() -> Path:
    """Where the build's file and the releases are: `CALLMART_WAREHOUSE`, or `data/warehouse`."""
    return Path(os.environ.get("CALLMART_WAREHOUSE") or PROJECT / "data" / "warehouse").absolute()
