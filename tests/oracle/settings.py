"""The settings a computation depends on, with their defaults, and the instant `as_of` they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .values import parse_date, parse_instant

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Settings:
    """Thresholds in seconds, windows in days or hours; zones are IANA names."""

    as_of: datetime | date | str | None = None
    reporting_timezone: str = "Europe/Paris"
    source_timezone: str = "UTC"
    reporting_currency: str = "EUR"
    service_level_seconds: int = 20
    short_abandon_seconds: int = 5
    ring_cycle_seconds: int = 5
    fcr_window_days: int = 7
    selfcare_window_hours: int = 24
    follow_up_days: int = 7
    attempts_to_process: int = 5
    min_group_size: int = 5

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Settings:
        """Settings not given keep their default; an unknown name is a mistake of the caller."""
        unknown = set(given) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        return cls(**given)

    @property
    def reporting_zone(self) -> ZoneInfo:
        return ZoneInfo(self.reporting_timezone)

    @property
    def source_zone(self) -> ZoneInfo:
        return ZoneInfo(self.source_timezone)

    def as_of_instant(self) -> datetime | None:
        """General ruling 7: a date means the end of that day in the reporting zone, an instant is itself."""
        given = self.as_of
        if given is None or given == "":
            return None
        if isinstance(given, datetime):
            aware = given if given.tzinfo else given.replace(tzinfo=self.source_zone)
            return aware.astimezone(UTC)
        if isinstance(given, date):
            return end_of_day(given, self.reporting_zone)
        day = parse_date(given)
        if day is not None:
            return end_of_day(day, self.reporting_zone)
        instant = parse_instant(given, self.source_zone)
        if instant is None:
            raise ValueError(f"as_of is neither a date nor an instant: {given!r}")
        return instant


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of a local day, as a UTC instant."""
    return start_of_day(day + timedelta(days=1), zone) - MICROSECOND


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
