"""Settings that are data: the seed files a KPI depends on. A file that is not there has no rows."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from .values import parse_boolean, parse_date


@dataclass(frozen=True)
class Flags:
    """What a disposition says of a call; the wider four have an outcome to fall back on."""

    is_connected: bool = False
    is_human_answered: bool = False
    is_contact_established: bool = False
    is_argued: bool = False
    is_positive: bool = False
    is_conversion: bool = False
    is_sale: bool = False
    is_appointment: bool = False
    is_refusal: bool = False
    is_do_not_call: bool = False
    is_callback: bool = False
    is_final: bool = False


@dataclass(frozen=True)
class Threshold:
    """A dated threshold of a queue, or of `all`; `valid_to` is exclusive, None means open."""

    scope_type: str
    scope_id: str
    valid_from: date
    valid_to: date | None
    seconds: int


@dataclass(frozen=True)
class OpeningRow:
    """One weekly opening, in minutes from the local midnight of its day; it may end on the next day."""

    iso_weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class HolidayRow:
    """A day whose hours replace the weekly ones: closed when it has none.

    No calendar named means every calendar.
    """

    business_hours_id: str | None
    opens: int | None
    closes: int | None


@dataclass
class Seeds:
    dispositions: dict[str, Flags] = field(default_factory=dict)
    service_level_thresholds: list[Threshold] = field(default_factory=list)
    business_hours: dict[str, list[OpeningRow]] = field(default_factory=dict)
    holidays: dict[date, list[HolidayRow]] = field(default_factory=dict)
    exchange_rates: dict[str, list[tuple[date, Fraction]]] = field(default_factory=dict)


def load_seeds(folder: Path) -> Seeds:
    seeds = Seeds()
    for row in rows_of(folder / "dispositions.csv"):
        flags = {name: parse_boolean(row.get(name, "")) is True for name in Flags.__dataclass_fields__}
        seeds.dispositions[row["code"]] = Flags(**flags)
    for row in rows_of(folder / "kpi_targets.csv"):
        if row["kpi_id"] == "service_level" and row["threshold_seconds"]:
            seeds.service_level_thresholds.append(
                Threshold(
                    row["scope_type"],
                    row["scope_id"],
                    valid_from(row),
                    parse_date(row["valid_to"]),
                    int(row["threshold_seconds"]),
                )
            )
    hours: defaultdict[str, list[OpeningRow]] = defaultdict(list)
    for row in rows_of(folder / "business_hours.csv"):
        opens, closes = opening_minutes(row["opens_at"], row["closes_at"])
        hours[row["business_hours_id"]].append(
            OpeningRow(int(row["iso_weekday"]), opens, closes, valid_from(row), parse_date(row["valid_to"]))
        )
    seeds.business_hours = dict(hours)
    holidays: defaultdict[date, list[HolidayRow]] = defaultdict(list)
    for row in rows_of(folder / "holidays.csv"):
        day = parse_date(row["holiday_date"])
        if day is None:
            continue
        if row.get("opens_at") and row.get("closes_at"):
            opens, closes = opening_minutes(row["opens_at"], row["closes_at"])
            holidays[day].append(HolidayRow(row["business_hours_id"] or None, opens, closes))
        else:
            holidays[day].append(HolidayRow(row["business_hours_id"] or None, None, None))
    seeds.holidays = dict(holidays)
    rates: defaultdict[str, list[tuple[date, Fraction]]] = defaultdict(list)
    for row in rows_of(folder / "exchange_rates.csv"):
        rates[row["currency"].upper()].append((valid_from(row), Fraction(row["rate"])))
    seeds.exchange_rates = {currency: sorted(dated) for currency, dated in rates.items()}
    return seeds


def rows_of(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [{name: (text or "").strip() for name, text in row.items()} for row in csv.DictReader(lines)]


def valid_from(row: dict[str, str]) -> date:
    """An empty start means since always."""
    return parse_date(row.get("valid_from", "")) or date.min


def opening_minutes(opens_at: str, closes_at: str) -> tuple[int, int]:
    """Minutes from midnight; a closing at or before the opening is on the next day."""
    opens, closes = minutes(opens_at), minutes(closes_at)
    return opens, closes if closes > opens else closes + 24 * 60


def minutes(clock: str) -> int:
    hour, minute = clock.split(":")[:2]
    return 60 * int(hour) + int(minute)
