"""Rows planted on purpose: what a real export holds besides good rows, each with the fate it must have.

A planted row is a copy of a good one, with other values. The truth is counted from here, never from the
files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np

from callmart.sample.calls import AVAILABLE
from callmart.sample.centre import ANSWERED, CLOSED, INBOUND, OUTBOUND, POSITION, QUEUES_EACH
from callmart.sample.clock import HOUR, UNKNOWN, Ints, change_instants, date_of, local_days
from callmart.sample.frame import Frame
from callmart.sample.group import Group
from callmart.sample.legs import Array

Row = dict[str, str | None]
Value = str | None | Callable[[Row], str | None]
Fate = Literal["staged", "rejected", "superseding"]
Place = Literal["main", "corrections", "duplicates"]

UNPARSEABLE = "unparseable line"
NO_KEY = "no key"
_FAR = "2100-01-01T00:00:00Z"


@dataclass(frozen=True)
class Planted:
    """A row to add: `superseding` means that it, or the row it repeats, is superseded by the other."""

    row: Row
    fate: Fate
    reasons: tuple[str, ...] = ()
    place: Place = "main"
    failed_casts: int = 0


@dataclass(frozen=True)
class Variant:
    """How to spoil a good row, how often, and every reason it is then rejected for (none: it stays)."""

    changes: Mapping[str, Value]
    reasons: tuple[str, ...] = ()
    base: str = "any"
    times: int = 2
    failed_casts: int = 0


def parse(text: str) -> dt.datetime:
    """An instant as the sample writes it."""
    return dt.datetime.fromisoformat(text)


def written(instant: dt.datetime) -> str:
    """An instant as text, in UTC."""
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moved(column: str, seconds: int) -> Callable[[Row], str]:
    """The instant of another column of the row, some seconds away."""

    def value(row: Row) -> str:
        return written(parse(row[column] or "") + dt.timedelta(seconds=seconds))

    return value


def _empty(column: str, times: int = 2) -> Variant:
    return Variant({column: None}, (f"required column empty: {column}",), times=times)


def _uncastable(column: str, value: str, times: int = 2) -> Variant:
    return Variant({column: value}, (f"required column not castable: {column}",), times=times)


def _not_allowed(column: str, value: str, times: int = 2) -> Variant:
    return Variant({column: value}, (f"value not allowed: {column}",), times=times)


def _future(*columns: str, base: str = "any", times: int = 2) -> Variant:
    return Variant(
        dict.fromkeys(columns, _FAR), tuple(f"future instant: {name}" for name in columns), base, times
    )


def _order(earlier: str, later: str, changes: Mapping[str, Value], base: str, times: int = 3) -> Variant:
    return Variant(changes, (f"wrong order: {earlier} after {later}",), base, times)


VARIANTS: dict[str, tuple[Variant, ...]] = {
    "calls": (
        _empty("direction", 3), _empty("outcome", 3), _empty("started_at", 3),
        _uncastable("started_at", "31/31/2024 25:61", 4),
        _not_allowed("direction", "sideways", 3), _not_allowed("outcome", "teleported", 3),
        _not_allowed("channel", "fax", 3),
        Variant({"talk_seconds": "-5"}, ("negative duration: talk_seconds",), times=3),
        Variant({"wait_seconds": "-12"}, ("negative duration: wait_seconds",), times=3),
        Variant({"hold_seconds": "-1"}, ("negative duration: hold_seconds",)),
        Variant({"wrap_seconds": "-30"}, ("negative duration: wrap_seconds",)),
        Variant({"ring_seconds": "-2"}, ("negative duration: ring_seconds",)),
        Variant({"ivr_seconds": "-9"}, ("negative duration: ivr_seconds",)),
        _order("started_at", "ended_at", {"ended_at": moved("started_at", -600)}, "closed"),
        _order("started_at", "queued_at", {"queued_at": moved("started_at", -60)}, "answered"),
        _order("queued_at", "answered_at", {"answered_at": moved("queued_at", -2)}, "answered"),
        _order("started_at", "answered_at", {"answered_at": moved("started_at", -30)}, "dialled"),
        _order("answered_at", "ended_at", {"ended_at": moved("answered_at", -1)}, "answered"),
        _future("ended_at", times=3),
        _future("started_at", "queued_at", "answered_at", "ended_at", base="answered"),
        Variant(
            {"direction": "sideways", "talk_seconds": "-7"},
            ("value not allowed: direction", "negative duration: talk_seconds"),
        ),
        Variant({"talk_seconds": "n/a"}, base="answered", times=4, failed_casts=1),
        Variant({"is_recorded": "maybe", "cost_amount": "free"}, base="answered", times=3, failed_casts=2),
    ),
    "agent_states": (
        _empty("state", 3), _not_allowed("state", "daydreaming", 3),
        _order("started_at", "ended_at", {"ended_at": moved("started_at", -60)}, "any"),
        _future("ended_at"),
    ),
    "customers": (Variant({"birth_year": "unknown"}, times=4, failed_casts=1),),
    "customer_events": (
        _empty("customer_id"), _not_allowed("event_type", "vanished"),
        _uncastable("occurred_at", "last Tuesday"),
    ),
    "leads": (
        _empty("created_at"), _not_allowed("status", "lukewarm"), _not_allowed("company_size", "gigantic"),
        _order(
            "created_at", "converted_at",
            {"converted_at": moved("created_at", -3600), "first_contact_at": None, "qualified_at": None},
            "contacted",
        ),
        _order(
            "first_contact_at", "converted_at",
            {"first_contact_at": moved("created_at", 7200), "converted_at": moved("created_at", 3600),
             "qualified_at": None},
            "contacted",
        ),
        _order(
            "created_at", "qualified_at",
            {"qualified_at": moved("created_at", -60), "converted_at": None},
            "contacted",
        ),
        Variant({"first_contact_at": "soon", "converted_at": None}, failed_casts=1),
    ),
    "lead_activities": (
        _empty("lead_id"), _not_allowed("activity_type", "telepathy"), _future("occurred_at"),
    ),
    "appointments": (_empty("booked_at"), _not_allowed("status", "perhaps")),
    "opportunities": (_uncastable("created_at", "Q3"), Variant({"amount": "tbc"}, failed_casts=1)),
    "contact_records": (_empty("contact_list_id", 3), _not_allowed("validity", "dubious", 3)),
    "campaign_costs": (
        _empty("amount"), _not_allowed("cost_family", "parties"), _uncastable("cost_date", "2024-13-45"),
    ),
    "orders": (
        _uncastable("net_amount", "a lot", 3), _not_allowed("status", "lost", 3), _future("ordered_at"),
        Variant({"margin_amount": "tbc"}, times=3, failed_casts=1),
    ),
    "tickets": (
        _order("created_at", "first_reply_at", {"first_reply_at": moved("created_at", -120)}, "closed"),
        _order("created_at", "solved_at", {"solved_at": moved("created_at", -120)}, "closed"),
        _order("created_at", "closed_at", {"closed_at": moved("created_at", -120)}, "closed"),
        _not_allowed("status", "forgotten"), _uncastable("created_at", "noon"),
        Variant({"agent_replies": "many"}, times=3, failed_casts=1),
    ),
    "survey_invitations": (_empty("survey_type"), _not_allowed("respondent_type", "passer-by")),
    "survey_responses": (
        Variant({"score": "99"}, ("score outside its scale",), times=4),
        Variant(
            {"score": "5", "scale_min": "5", "scale_max": "5"}, ("scale_max not above scale_min",), times=3,
        ),
        _uncastable("score", "great", 3), _not_allowed("survey_type", "horoscope"),
        _order("sent_at", "answered_at", {"answered_at": "2001-01-01T08:00:00Z"}, "any"),
        _future("answered_at"),
    ),
    "email_sends": (_empty("recipient_key"), _future("sent_at", base="bounced")),
    "selfservice_sessions": (_uncastable("started_at", "0000-00-00"),),
    "web_visits": (_uncastable("visits", "dozens"),),
    "qa_evaluations": (_uncastable("score", "good"), _empty("agent_id")),
    "one_on_ones": (_empty("held_at"),),
}  # fmt: skip

_KEYS = {
    "calls": "call_id", "customers": "customer_id", "customer_events": "event_id", "leads": "lead_id",
    "lead_activities": "activity_id", "appointments": "appointment_id", "opportunities": "opportunity_id",
    "contact_records": "contact_record_id", "campaign_costs": "cost_id", "orders": "order_id",
    "tickets": "ticket_id", "survey_invitations": "invitation_id", "survey_responses": "response_id",
    "email_sends": "send_id", "selfservice_sessions": "session_id", "qa_evaluations": "evaluation_id",
    "one_on_ones": "meeting_id",
}  # fmt: skip
_WITHOUT_KEY = ("calls", "orders", "leads", "tickets", "survey_responses")
_REPEATED = ("calls", "orders", "leads", "survey_responses", "agent_states", "web_visits")
_CORRECTED: dict[str, dict[str, str | None]] = {
    "calls": {"is_resolved": "true", "wrap_seconds": "77"},
    "orders": {"status": "refunded"},
    "leads": {"industry": "finance"},
    "tickets": {"priority": "high"},
}
DUPLICATED_CALLS = 30
CORRECTED_CALLS = 40
LATE_CALLS = 40


def _spread(candidates: Array, wanted: int, phase: int) -> Ints:
    """A few of the candidates, evenly apart."""
    if candidates.size == 0:
        return np.zeros(0, dtype=np.int64)
    step = max(1, candidates.size // max(1, wanted))
    return candidates[(phase + np.arange(min(wanted, candidates.size)) * step) % candidates.size].astype(
        np.int64
    )


def _bases(table: str, frame: Frame, group: Group) -> dict[str, Array]:
    """Rows good to copy from, by kind. Copies of calls must not count among the things counted elsewhere."""
    everything = np.arange(len(frame))
    if table == "calls":
        legs = group.legs
        plain = np.bincount(legs["contact"])[legs["contact"]] == 1
        plain &= (legs["test"] == 0) & (legs["wrap"] != UNKNOWN) | (legs["outcome"] == CLOSED)
        plain &= local_days(legs["started"], "Europe/Paris") == local_days(legs["ended"], "Europe/Paris")
        inbound = plain & (legs["direction"] == INBOUND)
        answered = np.flatnonzero(inbound & (legs["outcome"] == ANSWERED) & (legs["ivr"] > 5))
        dialled = (
            plain & (legs["direction"] == OUTBOUND) & (legs["outcome"] == ANSWERED) & (legs["record"] >= 0)
        )
        return {
            "any": answered,
            "answered": answered,
            "closed": np.flatnonzero(inbound & (legs["outcome"] == CLOSED)),
            "dialled": np.flatnonzero(dialled),
        }
    columns = frame.columns
    if table == "leads":
        return {"any": everything, "contacted": np.flatnonzero(group.leads.first_contact != UNKNOWN)}
    if table == "tickets":
        return {"any": everything, "closed": np.flatnonzero(columns["closed_at"].values != UNKNOWN)}
    if table == "email_sends":
        return {"any": everything, "bounced": np.flatnonzero(columns["delivered_at"].values == UNKNOWN)}
    if table == "agent_states":
        return {"any": np.flatnonzero(columns["state"].values == AVAILABLE)}
    return {"any": everything}


def _applied(row: Row, changes: Mapping[str, Value]) -> Row:
    """The row with other values, each worked out from the row as it was."""
    return row | {name: value(row) if callable(value) else value for name, value in changes.items()}


def _renamed(table: str, row: Row, number: int) -> Row:
    """The row under a key of its own, so that it corrects no other."""
    fresh = dict(row)
    if table in _KEYS:
        fresh[_KEYS[table]] = f"planted-{table}-{number:03d}"
    if table == "calls":
        fresh["interaction_id"] = f"planted-contact-{number:03d}"
    if table == "agent_states":
        fresh["agent_id"] = f"A-planted-{number:03d}"
    if table == "web_visits":
        fresh["source_channel"] = f"planted-{number:03d}"
    return fresh


def plant(table: str, frame: Frame, group: Group, connection: duckdb.DuckDBPyConnection) -> list[Planted]:
    """Everything to plant in one table of the first group."""
    if len(frame) == 0:
        return []
    bases = _bases(table, frame, group)
    planted: list[Planted] = []
    number = 0
    for phase, variant in enumerate(VARIANTS.get(table, ())):
        chosen = _spread(bases[variant.base], variant.times, phase)
        for row in frame.rows(chosen, connection):
            number += 1
            spoiled = _applied(_renamed(table, row, number), variant.changes)
            fate: Fate = "rejected" if variant.reasons else "staged"
            planted.append(Planted(spoiled, fate, variant.reasons, failed_casts=variant.failed_casts))
    if table in _WITHOUT_KEY:
        nameless = frame.rows(_spread(bases["any"], 3, 5), connection)
        planted += [Planted(row | {_KEYS[table]: None}, "rejected", (NO_KEY,)) for row in nameless]
    if table in _REPEATED:
        count = DUPLICATED_CALLS if table == "calls" else 5
        repeated = frame.rows(_spread(bases["any"], count, 1), connection)
        planted += [Planted(row, "superseding", place="duplicates") for row in repeated]
    planted += _corrections(table, frame, bases["any"], connection)
    if table == "calls":
        planted += _clock_changes(frame, group, connection)
    return planted


def _corrections(
    table: str, frame: Frame, candidates: Array, connection: duckdb.DuckDBPyConnection
) -> list[Planted]:
    """Newer versions of rows; and three that are not newer: older, without a date, of the same date."""
    if table not in _CORRECTED:
        return []
    count = CORRECTED_CALLS if table == "calls" else 6
    changed = [row | _CORRECTED[table] for row in frame.rows(_spread(candidates, count, 2), connection)]
    ages: list[Callable[[Row], str | None]] = [moved("updated_at", 2 * 86_400)] * len(changed)
    ages[:3] = [moved("updated_at", -40), lambda _: None, moved("updated_at", 0)][: len(changed)]
    return [
        Planted(row | {"updated_at": age(row)}, "superseding", place="corrections")
        for row, age in zip(changed, ages, strict=True)
    ]


def transitions(group: Group) -> list[tuple[dt.date, int]]:
    """The nights of the period in which the clock of Paris changes: local date and instant of the change."""
    first = group.centre.first_day
    changes = change_instants("Europe/Paris")
    days = changes // 86_400
    inside = (days >= first) & (days < first + group.centre.days)
    return [
        (date_of(int(day)), int(change)) for day, change in zip(days[inside], changes[inside], strict=True)
    ]


def _clock_changes(frame: Frame, group: Group, connection: duckdb.DuckDBPyConnection) -> list[Planted]:
    """Night calls around each change of the clock, with explicit offsets, before, across and after it."""
    legs = group.legs
    night = np.flatnonzero(
        (legs["queue"] % QUEUES_EACH == POSITION["assistance"]) & (legs["queue"] >= 0)
        & (legs["outcome"] == ANSWERED) & (legs["test"] == 0)
        & (np.bincount(legs["contact"])[legs["contact"]] == 1) & (legs["wrap"] != UNKNOWN)
    )  # fmt: skip
    planted = []
    minutes = (-70, -50, -30, -2, 5, 20, 40, 55)
    for turn, (date, change) in enumerate(transitions(group)):
        for place, row in enumerate(frame.rows(_spread(night, len(minutes), turn), connection)):
            start = change + 60 * minutes[place]
            shift = dt.timedelta(seconds=start) - (
                parse(row["started_at"] or "") - dt.datetime.fromtimestamp(0, dt.UTC)
            )
            moved_row: Row = row | {
                "call_id": f"planted-night-{date:%Y%m%d}-{place}",
                "interaction_id": f"planted-night-{date:%Y%m%d}-{place}",
                "agent_id": None,
                "customer_id": None,
                "ticket_id": None,
                "redirected_to": None,
                "recording_url": None,
            }
            for name in ("started_at", "queued_at", "answered_at", "ended_at", "updated_at"):
                instant = parse(row[name] or "") + shift
                summer = (date.month == 3) == (instant.timestamp() >= change)
                zone = dt.timezone(dt.timedelta(hours=2 if summer else 1))
                moved_row[name] = instant.astimezone(zone).isoformat(timespec="seconds")
            planted.append(Planted(moved_row, "staged"))
    return planted


def late_calls(group: Group) -> Ints:
    """Calls of the first third of the period that are delivered with its last month."""
    started = group.legs["started"]
    limit = (group.centre.first_day + group.centre.days // 3) * 24 * HOUR
    return (
        _spread(np.flatnonzero(started < limit), LATE_CALLS, 3)
        if group.centre.days >= 90
        else np.zeros(0, np.int64)
    )
