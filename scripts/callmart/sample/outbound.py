"""Outbound legs: campaigns, calls to leads and callbacks, dialled by the desks at the pace of their
rosters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callmart.sample import centre as c
from callmart.sample.campaigns import Attempts
from callmart.sample.centre import DISPOSITION, POSITION
from callmart.sample.clock import UNKNOWN, Ints
from callmart.sample.inbound import lognormal
from callmart.sample.legs import Array, Legs, Shifts
from callmart.sample.serving import Staff, Work, serve

_TALK = {
    "SALE": 520, "SALE_UPSELL": 480, "APPOINTMENT": 390, "RENEWED": 420, "LEAD_CREATED": 300, "SURVEY_DONE":
    330, "INTERESTED": 240, "INFO_SENT": 190, "CALLBACK_AGREED": 75, "NOT_DECISION_MAKER": 60, "UNDECIDED":
    210, "NOT_INTERESTED": 100, "ALREADY_CUSTOMER": 45, "REFUSED_LISTENING": 25, "DO_NOT_CALL": 30,
    "WRONG_PERSON": 25, "HUNG_UP": 8, "ZZ_OLD_SCRIPT": 150, "ZZ_TRAINING": 90,
}  # fmt: skip


@dataclass(frozen=True)
class Due:
    """Calls to dial: for whom (a number the caller understands), when, and what will come of them."""

    subject: Ints
    replica: Ints
    day: Ints
    due: Ints
    outcome: Ints
    disposition: Ints


def dial(
    staff: Staff,
    rng: np.random.Generator,
    desk: str,
    wanted: Due,
    first_shift: int,
) -> tuple[Legs, Ints, Shifts]:
    """Dial what is due. What the desk could not reach before the end of the day was not dialled.

    Returns the legs, which of the due calls they are, and the half shifts.
    """
    replica, day, due = wanted.replica, wanted.day, wanted.due
    outcome, disposition = wanted.outcome, wanted.disposition
    size = due.size
    ring = np.where(
        np.isin(outcome, [c.NO_ANSWER, c.AGENT_ABANDONED]),
        rng.integers(16, 36, size),
        np.where(
            np.isin(outcome, [c.BUSY, c.INVALID, c.FAILED]),
            rng.integers(1, 4, size),
            rng.integers(4, 18, size),
        ),
    )
    mean = np.full(len(c.DISPOSITIONS) + 1, 200.0)
    for code, seconds in _TALK.items():
        mean[DISPOSITION[code]] = seconds
    spoken = outcome == c.ANSWERED
    talk = np.where(spoken, np.clip(lognormal(rng, mean[disposition], 0.5), 4, 1700), 0).astype(np.int64)
    talk = np.where(outcome == c.MACHINE, rng.integers(3, 25, size), talk)
    talk = np.where(outcome == c.DIALER_DROPPED, rng.integers(1, 4, size), talk)
    hold = np.where(spoken & (talk > 200) & (rng.random(size) < 0.06), rng.integers(10, 60, size), 0)
    wrap = np.where(
        spoken, np.clip(lognormal(rng, np.full(size, 60.0), 0.5), 4, 300), rng.integers(8, 40, size)
    )
    wrap = wrap.astype(np.int64)

    # The dialler drops a live answer because no agent is free: these calls occupy none.
    alone = outcome == c.DIALER_DROPPED
    served = np.flatnonzero(~alone)
    kind = POSITION[desk]
    work = Work(
        roster=np.full(served.size, kind),
        replica=replica[served],
        day=day[served],
        queued=due[served],
        busy=(ring + talk + hold + wrap)[served],
        patience=np.full(served.size, np.inf),
    )
    result, shifts = serve(staff, rng, (kind,), work, first_shift)
    started = due.copy()
    started[served] = np.where(result.taken, result.start, 0).astype(np.int64)
    agent = np.full(size, -1)
    agent[served] = result.agent
    shift = np.full(size, -1)
    shift[served] = result.shift
    made = np.flatnonzero(alone | (agent >= 0))

    connected = np.isin(outcome, [c.ANSWERED, c.MACHINE, c.DIALER_DROPPED])
    answered = np.where(connected, started + ring, UNKNOWN)
    ended = started + ring + talk + hold
    by_agent = shift >= 0
    fields: dict[str, Array | int] = {
        "direction": c.OUTBOUND,
        "outcome": outcome[made],
        "started": started[made],
        "answered": answered[made],
        "ended": ended[made],
        "ring": ring[made],
        "talk": np.where(connected, talk, UNKNOWN)[made],
        "hold": np.where(spoken, hold, UNKNOWN)[made],
        "wrap": np.where(by_agent, wrap, UNKNOWN)[made],
        "agent": agent[made],
        "disposition": disposition[made],
        "shift": shift[made],
        "busy_from": np.where(by_agent, started, UNKNOWN)[made],
        "busy_until": np.where(by_agent, ended + wrap, UNKNOWN)[made],
        "recorded": np.where(spoken, rng.random(size) < 0.75, -1)[made],
        "disconnected": np.where(
            spoken, np.where(rng.random(size) < 0.6, 0, 1), np.where(outcome == c.DIALER_DROPPED, 2, 1)
        )[made],
        "caller": c.PHONE_RANGES[1] + (staff.centre.first_replica + replica[made]) % 9_000,
    }
    return Legs.of(made.size, fields), made, shifts


def campaign_legs(
    staff: Staff, rng: np.random.Generator, attempts: Attempts, first_shift: int
) -> tuple[Legs, Shifts]:
    """The attempts on contact lists that were dialled. `record` is the record's number in the group."""
    wanted = Due(
        attempts.record,
        attempts.replica,
        attempts.day,
        attempts.due,
        attempts.outcome,
        attempts.disposition,
    )
    legs, made, shifts = dial(staff, rng, "campaign_desk", wanted, first_shift)
    record = attempts.record[made]
    legs.fields["record"] = record
    legs.fields["campaign"] = attempts.campaign[made].astype(np.int32)
    legs.fields["called"] = c.PHONE_RANGES[2 + record % 4] + (record * 7907 + 5) % 10_000
    legs.fields["test"] = (rng.random(made.size) < 0.0004).astype(np.int8)
    return legs, shifts


def callbacks_due(rng: np.random.Generator, inbound: Legs, replica: Ints, day: Ints) -> Due:
    """The calls back that callers asked for, 20 minutes to 4 hours later; the subject is the inbound leg."""
    asked = np.flatnonzero((inbound["outcome"] == c.CALLBACK_REQUESTED) & (inbound["caller"] >= 0))
    draw = rng.random(asked.size)
    return Due(
        subject=asked,
        replica=replica[asked],
        day=day[asked],
        due=inbound["ended"][asked] + rng.integers(1200, 14_400, asked.size),
        outcome=np.where(draw < 0.72, c.ANSWERED, np.where(draw < 0.86, c.MACHINE, c.NO_ANSWER)),
        disposition=np.full(asked.size, -1),
    )


def mark_callbacks(rng: np.random.Generator, legs: Legs, origin: Ints, inbound: Legs) -> None:
    """Make legs the calls back of these inbound legs."""
    for name in ("customer", "reason", "feature", "contact"):
        legs.fields[name] = inbound[name][origin]
    legs.fields["called"] = inbound["caller"][origin]
    legs.fields["callback"] = np.ones(len(legs), dtype=np.int8)
    spoken = legs["outcome"] == c.ANSWERED
    legs.fields["resolved"] = np.where(spoken, rng.random(len(legs)) < 0.78, -1).astype(np.int8)


def internal_legs(rng: np.random.Generator, inbound: Legs) -> Legs:
    """Short consultations between two agents while a caller is on hold."""
    long_enough = (inbound["hold"] > 20) & (inbound["outcome"] == c.ANSWERED)
    rows = np.flatnonzero(long_enough & (rng.random(len(inbound)) < 0.06))
    length = np.minimum(inbound["hold"][rows] - 5, 120)
    started = inbound["answered"][rows] + 5
    return Legs.of(
        rows.size,
        {
            "direction": c.INTERNAL,
            "outcome": c.ANSWERED,
            "contact": inbound["contact"][rows],
            "started": started,
            "answered": started + 4,
            "ended": started + length,
            "ring": np.full(rows.size, 4),
            "talk": length - 4,
            "hold": np.zeros(rows.size, dtype=np.int64),
            "agent": inbound["agent"][rows],
            "disconnected": 1,
        },
    )
