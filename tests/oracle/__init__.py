"""A second, independent computation of every KPI.

Plain Python over the raw rows, to compare the warehouse with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .calls import call_kpis
from .contract import load
from .employees import employee_kpis
from .funnel import funnel_kpis
from .money import money_kpis
from .outbound import outbound_kpis
from .resolution import resolution_kpis
from .settings import Settings
from .surveys import survey_kpis
from .tally import Key, Result, Results
from .tickets import ticket_kpis
from .workforce import workforce_kpis
from .world import World

__all__ = ["Key", "Result", "Results", "TableCounts", "compute", "staging"]

DOMAINS: tuple[Callable[[World], Results], ...] = (
    call_kpis,
    resolution_kpis,
    outbound_kpis,
    funnel_kpis,
    money_kpis,
    survey_kpis,
    employee_kpis,
    workforce_kpis,
    ticket_kpis,
)


@dataclass(frozen=True)
class TableCounts:
    """`landed = staged + rejected + superseded`.

    `reasons` counts rejected rows by reason, one row may have several.
    """

    landed: int
    staged: int
    rejected: int
    superseded: int
    reasons: dict[str, int]
    failed_casts: dict[str, int]


def compute(raw: Path, seeds: Path, settings: Mapping[str, Any], run_started_at: datetime) -> Results:
    """Every KPI value.

    (kpi_id, grain, period_start, scope_type, scope_id) -> (numerator, denominator, value).
    """
    world = World(raw, seeds, Settings.from_mapping(settings), run_started_at)
    results: Results = {}
    for domain in DOMAINS:
        results |= domain(world)
    return results


def staging(raw: Path, settings: Mapping[str, Any], run_started_at: datetime) -> dict[str, TableCounts]:
    """What becomes of the landed rows of each table."""
    return {
        name: TableCounts(
            landed=table.landed,
            staged=table.staged,
            rejected=table.rejected,
            superseded=table.superseded,
            reasons=dict(table.reasons),
            failed_casts=dict(table.failed_casts),
        )
        for name, table in load(raw, Settings.from_mapping(settings), run_started_at).items()
    }
