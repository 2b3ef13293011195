"""The true count of everything planted, kept while the sample is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from callmart.sample import centre as c
from callmart.sample.clock import HOUR, UNKNOWN, Ints, local_days
from callmart.sample.group import Group
from callmart.sample.planting import UNPARSEABLE, Planted, parse, transitions

PARIS = "Europe/Paris"


class Truth:
    """Counts by table, and of the calls worth a test of their own."""

    def __init__(self) -> None:
        self.landed: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.reasons: dict[str, Counter[str]] = {}
        self.superseded: Counter[str] = Counter()
        self.staged: Counter[str] = Counter()
        self.unparseable: Counter[str] = Counter()
        self.failed_casts: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.clock_change: dict[str, Counter[str]] = {}
        self.late_rows: Counter[str] = Counter()
        self.corrections: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()

    def add_rows(self, table: str, rows: int) -> None:
        """Good rows, each the only one of its key."""
        self.landed[table] += rows
        self.staged[table] += rows

    def add_unparseable(self, table: str, lines: int) -> None:
        """Lines their format cannot read."""
        self.landed[table] += lines
        self.rejected[table] += lines
        self.unparseable[table] += lines
        self.reasons.setdefault(table, Counter())[UNPARSEABLE] += lines

    def add_planted(self, table: str, planted: Sequence[Planted]) -> None:
        """Planted rows, by the fate they were planted for."""
        for item in planted:
            self.landed[table] += 1
            self.failed_casts[table] += item.failed_casts
            if item.fate == "rejected":
                self.rejected[table] += 1
                self.reasons.setdefault(table, Counter()).update(item.reasons)
            elif item.fate == "staged":
                self.staged[table] += 1
            else:
                self.superseded[table] += 1
                (self.duplicates if item.place == "duplicates" else self.corrections)[table] += 1

    def add_calls(self, group: Group) -> None:
        """What the staged calls of a group hold."""
        legs = group.legs
        self.calls["test_calls"] += int((legs["test"] == 1).sum())
        self.calls["internal_legs"] += int((legs["direction"] == c.INTERNAL).sum())
        unmapped = [c.DISPOSITION[code] for code in c.UNMAPPED]
        self.calls["unknown_disposition_calls"] += int(np.isin(legs["disposition"], unmapped).sum())
        self.calls["transfers"] += int((legs["previous"] >= 0).sum())
        no_wrap = (legs["outcome"] == c.ANSWERED) & (legs["wrap"] == UNKNOWN)
        self.calls["answered_legs_without_wrap"] += int(no_wrap.sum())
        inbound = legs["contact"][legs["direction"] == c.INBOUND]
        self.calls["interactions_with_three_inbound_legs"] += int((np.bincount(inbound) == 3).sum())
        self._add_times(group, legs["started"], legs["ended"])

    def add_planted_calls(self, group: Group, planted: Sequence[Planted]) -> None:
        """What the planted calls that stay hold: they are copies of plain ones, at times of their own."""
        stay = [item.row for item in planted if item.fate == "staged"]
        started, ended = (
            np.array([int(parse(row[name] or "").timestamp()) for row in stay], dtype=np.int64)
            for name in ("started_at", "ended_at")
        )
        self._add_times(group, started, ended)

    def _add_times(self, group: Group, started: Ints, ended: Ints) -> None:
        over = local_days(started, PARIS) != local_days(ended, PARIS)
        self.calls["calls_over_midnight"] += int(over.sum())
        for date, change in transitions(group):
            night = self.clock_change.setdefault(date.isoformat(), Counter())
            near = (started >= change - 2 * HOUR) & (started < change + 2 * HOUR)
            night["started_within_two_hours"] += int(near.sum())
            night["in_progress_at_the_change"] += int(((started < change) & (ended >= change)).sum())
            if date.month == 10:
                night["repeated_hour_first_pass"] += int(
                    ((started >= change - HOUR) & (started < change)).sum()
                )
                night["repeated_hour_second_pass"] += int(
                    ((started >= change) & (started < change + HOUR)).sum()
                )

    def add(self, other: Truth) -> None:
        """The counts of another part of the sample."""
        for name, counts in vars(other).items():
            mine = vars(self)[name]
            if isinstance(counts, Counter):
                mine.update(counts)
            else:
                for key, inner in counts.items():
                    mine.setdefault(key, Counter()).update(inner)

    def as_dict(self) -> dict[str, Any]:
        """The truth as it goes into the sample's own file."""
        counts = {
            "rows_landed": self.landed,
            "rows_rejected": self.rejected,
            "rejected_by_reason": self.reasons,
            "rows_superseded": self.superseded,
            "rows_staged": self.staged,
            "unparseable_lines": self.unparseable,
            "optional_cast_failures": self.failed_casts,
            "corrections": self.corrections,
            "duplicates": self.duplicates,
            "late_rows": self.late_rows,
            "clock_change_calls": self.clock_change,
        }
        plain: dict[str, Any] = {name: _plain(value) for name, value in counts.items()}
        plain.update(_plain(self.calls))
        return plain


def _plain(value: Any) -> Any:
    """Counters as dictionaries without their zeros, in the order of their keys."""
    if isinstance(value, Counter):
        return {key: number for key, number in sorted(value.items()) if number}
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in sorted(value.items())}
    return value
