"""Opening-hours time.

The part of a span of instants that lies inside the hours of a calendar, on local dates.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from .periods import DAY, days_between
from .seeds import Seeds
from .values import from_local

DEFAULT_CALENDAR = "default"
Span = tuple[datetime, datetime]


class OpeningHours:
    def __init__(self, seeds: Seeds) -> None:
        self.seeds = seeds
        self.known: dict[tuple[str, ZoneInfo, date], list[Span]] = {}

    def seconds(
        self, calendar: str | None, zone: ZoneInfo, start: datetime, end: datetime
    ) -> Fraction | None:
        """Open seconds of [start, end]; None when the calendar has no hours at all."""
        name = calendar if calendar in self.seeds.business_hours else DEFAULT_CALENDAR
        if name is None or name not in self.seeds.business_hours:
            return None
        first, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date()
        pieces = []
        for day in days_between(first, last):
            for opens, closes in self.open_spans(name, zone, day):
                if opens < end and closes > start:
                    pieces.append((max(opens, start), min(closes, end)))
        return union_seconds(pieces)

    def open_spans(self, calendar: str, zone: ZoneInfo, day: date) -> list[Span]:
        """The openings that begin on a local day: a holiday's hours replace the weekly ones."""
        key = (calendar, zone, day)
        if key not in self.known:
            self.known[key] = [
                (clock(day, opens, zone), clock(day, closes, zone))
                for opens, closes in self.opening_minutes(calendar, day)
            ]
        return self.known[key]

    def opening_minutes(self, calendar: str, day: date) -> list[tuple[int, int]]:
        holidays = self.seeds.holidays.get(day, [])
        own = [row for row in holidays if row.business_hours_id == calendar]
        special = own or [row for row in holidays if row.business_hours_id is None]
        if special:
            return [
                (row.opens, row.closes) for row in special if row.opens is not None and row.closes is not None
            ]
        return [
            (row.opens, row.closes)
            for row in self.seeds.business_hours[calendar]
            if row.iso_weekday == day.isoweekday()
            and row.valid_from <= day
            and (row.valid_to is None or day < row.valid_to)
        ]


def clock(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A local wall-clock reading, minutes counted from midnight of the day, as an instant."""
    wall = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minutes)
    return from_local(wall.replace(tzinfo=None), zone)


def union_seconds(pieces: list[Span]) -> Fraction:
    """Seconds covered by at least one piece."""
    covered = timedelta(0)
    reached: datetime | None = None
    for start, end in sorted(pieces):
        if reached is None or start > reached:
            covered += end - start
            reached = end
        elif end > reached:
            covered += end - reached
            reached = end
    return Fraction(covered // timedelta(microseconds=1), 1_000_000)
