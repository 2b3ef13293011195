"""From text to typed values: the conventions of the raw contract.

Every parser gives None for a failed cast.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

BLANKS = " \t\r\n\v\f"
TRUE_WORDS = frozenset({"true", "1", "yes", "oui"})
FALSE_WORDS = frozenset({"false", "0", "no", "non"})

DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
INSTANT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r" ?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)


def parse_text(text: str) -> str | None:
    """Trimmed; empty after trimming is null."""
    return text.strip(BLANKS) or None


def parse_zone(text: str) -> str | None:
    """The name of a time zone; a name no zone has is a failed cast."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def parse_boolean(text: str) -> bool | None:
    word = text.lower()
    if word in TRUE_WORDS:
        return True
    return False if word in FALSE_WORDS else None


def parse_decimal(text: str) -> Decimal | None:
    if not NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def parse_integer(text: str) -> int | None:
    """A whole number of 32 bits; decimals round half away from zero (durations: to whole seconds)."""
    number = parse_decimal(text)
    if number is None:
        return None
    whole = int(number.to_integral_value(rounding=ROUND_HALF_UP))
    return whole if -(2**31) <= whole < 2**31 else None


def parse_date(text: str) -> date | None:
    match = DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def parse_instant(text: str, source_zone: ZoneInfo) -> datetime | None:
    """ISO-8601, with an offset as given, without one in the source's zone; a date alone is its midnight."""
    match = INSTANT.fullmatch(text)
    if match is None:
        return None
    day = parse_date(match["date"])
    if day is None:
        return None
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    try:
        clock = time(
            int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0), int(fraction)
        )
        if match["offset"]:
            return datetime.combine(day, clock, tzinfo=UTC) - parse_offset(match["offset"])
        return from_local(datetime.combine(day, clock), source_zone)
    except (ValueError, OverflowError):
        return None


def parse_offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta(0)
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 15 or minutes > 59:
        raise ValueError(f"offset out of range: {text}")
    size = timedelta(hours=hours, minutes=minutes)
    return -size if text[0] == "-" else size


def from_local(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock reading as an instant.

    In the repeated autumn hour the second one, in the spring gap an hour on.
    """
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return max(early, late)
