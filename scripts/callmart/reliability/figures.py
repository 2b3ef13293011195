"""Figures of the proofs: tests leave them in a folder, the command gathers them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

# Names the folder in which tests leave figures. Unset, as in `scripts/test`, they leave none.
FOLDER = "CALLMART_RELIABILITY_FIGURES"


def record(promise: str, proof: str, figures: Mapping[str, int | float]) -> None:
    """Leave what a proof counted, for the page.

    Args:
        promise: name of the promise the proof is of.
        proof: what was tried, as the page shows it: "Random landings".
        figures: what was counted, by name in the page's words: {"landings": 300, "rows lost": 0}, in their order.
    """
    folder = os.environ.get(FOLDER)
    if folder is None:
        return
    path = Path(folder) / f"{promise}.{proof.lower().replace(' ', '-')}.json"
    path.write_text(json.dumps({"promise": promise, "proof": proof, "figures": figures}), encoding="utf-8")


def gather(folder: Path) -> dict[str, dict[str, Mapping[str, int | float]]]:
    """What the tests left: figures by promise and proof."""
    found: dict[str, dict[str, Mapping[str, int | float]]] = {}
    for path in sorted(folder.glob("*.json")):
        left = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(left["promise"], {})[left["proof"]] = left["figures"]
    return found
