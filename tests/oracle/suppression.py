"""Which groups of employees may be published: no small one, and none that gives a small one away.

A published whole less its published parts leaves the answers of the silent parts together. Where that rest is
under the minimum, the smallest published part (then the first by name) falls silent too, until the rest is
large enough or nothing is left. Wholes are: the centre, of its teams; a week or a month, of its days; a
quarter, of its months; a year, of its quarters; the total, of the weeks and of the years.
"""

from __future__ import annotations

from collections import defaultdict

from .periods import period_start
from .tally import ALL, Cell, Number

TIME_PARTS: dict[str, tuple[str, ...]] = {
    "week": ("day",),
    "month": ("day",),
    "quarter": ("month",),
    "year": ("quarter",),
    "total": ("week", "year"),
}


def suppress_small_groups(answers: dict[Cell, Number], minimum: int) -> set[Cell]:
    """The cells that may be published."""
    published = {cell for cell, size in answers.items() if size >= minimum}
    families = parts_of_wholes(answers)
    changed = True
    while changed:
        changed = False
        for whole, parts in families:
            while whole in published and (victim := to_silence(answers, published, whole, parts, minimum)):
                published.discard(victim)
                changed = True
    return published


def to_silence(
    answers: dict[Cell, Number], published: set[Cell], whole: Cell, parts: list[Cell], minimum: int
) -> Cell | None:
    """The part to silence next; None when what the published parts leave is nothing, or enough."""
    shown = [part for part in parts if part in published]
    rest = answers[whole] - sum(answers[part] for part in shown)
    if not shown or rest == 0 or rest >= minimum:
        return None
    return min(shown, key=lambda cell: (answers[cell], cell[0], str(cell[2])))


def parts_of_wholes(answers: dict[Cell, Number]) -> list[tuple[Cell, list[Cell]]]:
    families: defaultdict[tuple[Cell, str], list[Cell]] = defaultdict(list)
    for cell in answers:
        scope, grain, start = cell
        if scope[0] == "team":
            families[(ALL, grain, start), "team"].append(cell)
        for whole, part_grains in TIME_PARTS.items():
            if grain in part_grains and start is not None:
                families[(scope, whole, period_start(whole, start)), grain].append(cell)
    order = sorted(families, key=str)
    return [(whole, families[whole, kind]) for whole, kind in order]
