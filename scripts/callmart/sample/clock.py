"""Local time, vectorised: zone offsets, local to UTC, weekdays and the public holidays of France.

Instants are whole seconds since 1970-01-01T00:00:00Z, days are days since 1970-01-01, both in int64 arrays.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

DAY = 86_400
HOUR = 3_600
UNKNOWN = -(2**62)
"""Null, in an array of instants, days or whole numbers."""


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - dt.date(1970, 1, 1).toordinal()


def date_of(day: int) -> dt.date:
    """The date of a day number."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(day))


def weekday_of(days: Ints) -> Ints:
    """0 for Monday to 6 for Sunday."""
    return (days + 3) % 7


@lru_cache(maxsize=64)
def _transitions(zone: str) -> tuple[Ints, Ints]:
    """Instants at which the offset of a zone changes, 1990 to 2060, and the offset from each on (seconds)."""
    info = ZoneInfo(zone)

    def offset(instant: int) -> int:
        delta = dt.datetime.fromtimestamp(instant, tz=info).utcoffset()
        return 0 if delta is None else int(delta.total_seconds())

    first = day_number(dt.date(1990, 1, 1)) * DAY
    last = day_number(dt.date(2060, 1, 1)) * DAY
    instants, offsets = [first], [offset(first)]
    step = 30 * DAY
    for left in range(first, last, step):
        low, high = left, left + step
        if offset(low) == offset(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(middle) == offset(left):
                low = middle
            else:
                high = middle
        instants.append(high)
        offsets.append(offset(high))
    return np.array(instants, dtype=np.int64), np.array(offsets, dtype=np.int64)


def offset_at(instants: Ints, zone: str) -> Ints:
    """Seconds to add to UTC to read the local clock of the zone."""
    changes, offsets = _transitions(zone)
    return offsets[np.maximum(np.searchsorted(changes, instants, side="right") - 1, 0)]


def change_instants(zone: str) -> Ints:
    """The instants, 1990 to 2060, at which the clock of a zone changes."""
    return _transitions(zone)[0][1:]


def to_utc(local: Ints, zone: str) -> Ints:
    """The instants at which a local clock showed these local seconds.

    An hour that the clock shows twice takes its second passage for odd seconds, its first for even ones; an
    hour that it skips moves on by an hour.
    """
    before = local - offset_at(local - DAY, zone)
    after = local - offset_at(local + DAY, zone)
    shows_before = before + offset_at(before, zone) == local
    shows_after = after + offset_at(after, zone) == local
    second_passage = shows_before & shows_after & (local % 2 == 1)
    return np.where(second_passage | ~shows_before & shows_after, after, before)


def local_days(instants: Ints, zone: str) -> Ints:
    """The local calendar day of each instant."""
    return (instants + offset_at(instants, zone)) // DAY


def easter_sunday(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm published by Meeus, Jones and
    Butcher)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leaps, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    quarter, quarter_rest = divmod(rest, 4)
    sunday = (32 + 2 * century_rest + 2 * quarter - epact - quarter_rest) % 7
    shift = (golden + 11 * epact + 22 * sunday) // 451
    month, day = divmod(epact + sunday - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1)


def french_holidays(year: int) -> list[tuple[dt.date, str, str]]:
    """The eleven public holidays of metropolitan France in a year: day, English name, French name."""
    easter = easter_sunday(year)
    return [
        (dt.date(year, 1, 1), "New Year's Day", "Jour de l'an"),
        (easter + dt.timedelta(days=1), "Easter Monday", "Lundi de Pâques"),
        (dt.date(year, 5, 1), "Labour Day", "Fête du Travail"),
        (dt.date(year, 5, 8), "Victory Day", "Victoire 1945"),
        (easter + dt.timedelta(days=39), "Ascension Day", "Ascension"),
        (easter + dt.timedelta(days=50), "Whit Monday", "Lundi de Pentecôte"),
        (dt.date(year, 7, 14), "Bastille Day", "Fête nationale"),
        (dt.date(year, 8, 15), "Assumption Day", "Assomption"),
        (dt.date(year, 11, 1), "All Saints' Day", "Toussaint"),
        (dt.date(year, 11, 11), "Armistice Day", "Armistice 1918"),
        (dt.date(year, 12, 25), "Christmas Day", "Noël"),
    ]


def is_holiday(days: Ints) -> npt.NDArray[np.bool_]:
    """Whether each day is a public holiday in France."""
    if days.size == 0:
        return np.zeros(0, dtype=np.bool_)
    years = range(date_of(int(days.min())).year, date_of(int(days.max())).year + 1)
    holidays = [day_number(day) for year in years for day, _, _ in french_holidays(year)]
    return np.isin(days, np.array(holidays, dtype=np.int64))
