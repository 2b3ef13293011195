"""docs/reliability.md, written from the promises and from what their proofs counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callmart.paths import PROJECT
from callmart.reliability.promises import PROMISES, Promise

PAGE = PROJECT / "docs" / "reliability.md"

_HEAD = """# What can be relied on

Each promise stands beside what its proof counted and the command that counts it again. `scripts/test` runs a short
form of every proof; the figures here are of the full form. This page is written by `scripts/reliability`, which runs
the proofs: all of them, or those it is given by name.
"""


def page(results: Mapping[str, Any]) -> str:
    """The page.

    Args:
        results: by promise: `measured_on`, the day of its run, and `proofs`, the figures by proof.
    """
    return "\n".join([_HEAD, *(_section(promise, results.get(promise.name)) for promise in PROMISES)])


def _section(promise: Promise, result: Mapping[str, Any] | None) -> str:
    lines = [f"## {promise.title}", "", promise.text.strip(), ""]
    if result is None:
        lines += ["Not counted yet.", ""]
    else:
        lines += ["| what was tried | counted |", "|---|---|"]
        for proof, figures in result["proofs"].items():
            counted = "; ".join(f"{_number(number)} {name}" for name, number in figures.items())
            lines.append(f"| {proof} | {counted} |")
        lines += ["", f"Counted on {result['measured_on']}. Again:", ""]
    lines += ["```", f"scripts/reliability {promise.name}", "```", ""]
    return "\n".join(lines)


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"
