"""Calendar periods: the six grains of every KPI (general ruling 6), weeks being ISO weeks (ruling 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

GRAINS = ("day", "week", "month", "quarter", "year", "total")
DAY = timedelta(days=1)


def period_start(grain: str, day: date) -> date | None:
    """The first day of the period a day is in; None for `total`."""
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    if grain == "year":
        return date(day.year, 1, 1)
    return None


def next_start(grain: str, start: date) -> date:
    """The first day after a period of any grain but `total`."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[grain]
    if grain in ("day", "week"):
        return start + timedelta(days=longest)
    following = period_start(grain, start + timedelta(days=longest))
    assert following is not None
    return following


def previous_start(grain: str, start: date) -> date:
    """The first day of the period before."""
    before = period_start(grain, start - DAY)
    assert before is not None
    return before


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both in."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def starts_between(grain: str, first: date, last: date) -> list[date | None]:
    """The starts of the periods of a grain that hold a day of a span."""
    found: dict[date | None, None] = {}
    for day in days_between(first, last):
        found[period_start(grain, day)] = None
    return list(found)
