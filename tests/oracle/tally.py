"""Measures by scope and local day, and the KPI values made of them.

A measure is either a sum (exact numbers added up) or a set of members counted anew per period and scope
(general rulings 1 and 6). The one division comes last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import date
from fractions import Fraction

from .periods import GRAINS, period_start

Number = int | Fraction
Scope = tuple[str, str]
Key = tuple[str, str, date | None, str, str]
Result = tuple[Number | None, Number | None, float | None]
Results = dict[Key, Result]
Cell = tuple[Scope, str, date | None]

ALL: Scope = ("all", "all")


def scopes(*known: tuple[str, str | None]) -> list[Scope]:
    """Scope `all` and the scopes whose id is known: an unknown id has no row."""
    return [ALL, *named_scopes(*known)]


def named_scopes(*known: tuple[str, str | None]) -> list[Scope]:
    return [(scope_type, scope_id) for scope_type, scope_id in known if scope_id is not None]


class Tally:
    """Measures of one population."""

    def __init__(self) -> None:
        self.daily: defaultdict[str, defaultdict[tuple[Scope, date], Number]] = defaultdict(
            lambda: defaultdict(int)
        )
        self.members: defaultdict[str, defaultdict[tuple[Scope, date], set[Hashable]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self.known: dict[str, dict[Cell, Number]] = {}

    def add(self, measure: str, scope_list: Iterable[Scope], day: date, amount: Number = 1) -> None:
        self.known.pop(measure, None)
        cells = self.daily[measure]
        for scope in scope_list:
            cells[scope, day] += amount

    def add_all(self, amounts: dict[str, Number], scope_list: Iterable[Scope], day: date) -> None:
        listed = list(scope_list)
        for measure, amount in amounts.items():
            self.add(measure, listed, day, amount)

    def collect(self, measure: str, scope_list: Iterable[Scope], day: date, member: Hashable) -> None:
        self.known.pop(measure, None)
        cells = self.members[measure]
        for scope in scope_list:
            cells[scope, day].add(member)

    def totals(self, measure: str) -> dict[Cell, Number]:
        """The measure per scope, grain and period: sums added up, members counted once."""
        if measure in self.known:
            return self.known[measure]
        sums: defaultdict[Cell, Number] = defaultdict(int)
        for (scope, day), amount in self.daily[measure].items():
            for grain in GRAINS:
                sums[scope, grain, period_start(grain, day)] += amount
        united: defaultdict[Cell, set[Hashable]] = defaultdict(set)
        for (scope, day), members in self.members[measure].items():
            for grain in GRAINS:
                united[scope, grain, period_start(grain, day)] |= members
        counts = {cell: len(members) for cell, members in united.items()}
        self.known[measure] = totals = {**sums, **counts}
        return totals

    def count(self, kpi_id: str, measure: str, only: Iterable[str] = ()) -> Results:
        """A KPI that is a measure itself; `only` names the scope types it is valid for."""
        return as_count(kpi_id, self.totals(measure), only)

    def rate(
        self, kpi_id: str, numerator: str, denominator: str, multiplier: Number = 1, only: Iterable[str] = ()
    ) -> Results:
        """multiplier * sum(numerator) / sum(denominator)."""
        return as_rate(kpi_id, self.totals(numerator), self.totals(denominator), multiplier, only)


def as_count(kpi_id: str, totals: dict[Cell, Number], only: Iterable[str] = ()) -> Results:
    valid = frozenset(only)
    return {
        (kpi_id, grain, start, *scope): (amount, None, float(amount))
        for (scope, grain, start), amount in totals.items()
        if not valid or scope[0] in valid
    }


def as_rate(
    kpi_id: str,
    numerators: dict[Cell, Number],
    denominators: dict[Cell, Number],
    multiplier: Number = 1,
    only: Iterable[str] = (),
) -> Results:
    """A row wherever either side has one.

    A zero or absent denominator gives a null value (general ruling 1).
    """
    valid = frozenset(only)
    results: Results = {}
    for cell in numerators.keys() | denominators.keys():
        scope, grain, start = cell
        if valid and scope[0] not in valid:
            continue
        numerator, denominator = numerators.get(cell, 0), denominators.get(cell, 0)
        value = quotient(multiplier * numerator, denominator) if denominator else None
        results[kpi_id, grain, start, *scope] = (numerator, denominator, value)
    return results


def quotient(numerator: Number, denominator: Number) -> float:
    """The float nearest to the exact quotient."""
    return float(numerator / denominator)
