"""Inbound contacts: arrivals, the menu, the queues, transfers and overflow.

Arrivals are a Poisson process whose rate follows the hour, the weekday, the season, the start of the month
and holidays. Waits, abandonment and service level are not drawn: they follow from the load and the roster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callmart.sample import centre as c
from callmart.sample.centre import FRONT, POSITION, QUEUES, QUEUES_EACH
from callmart.sample.clock import DAY, HOUR, UNKNOWN, Ints, date_of, is_holiday, offset_at, to_utc, weekday_of
from callmart.sample.legs import Array, Legs, Shifts
from callmart.sample.serving import Bools, Floats, Staff, Work, open_on, opening_seconds, serve

MAX_WAIT = 900
"""Seconds after which a queue sends the caller away (`timed_out`)."""
_SEASON = (1.08, 1.0, 1.03, 0.98, 0.95, 0.97, 0.92, 0.8, 1.08, 1.05, 1.06, 1.15)


@dataclass
class Inbound:
    """Inbound legs, their shifts, and who asked to be called back."""

    legs: Legs
    shifts: list[Shifts]
    replica: Ints
    day: Ints


def _expected(centre: c.Centre, kind: int) -> Floats:
    days = centre.first_day + np.arange(centre.days)
    month = np.array([date_of(int(day)).month for day in days])
    day_of_month = np.array([date_of(int(day)).day for day in days])
    queue = QUEUES[kind]
    expected = queue.daily * centre.scale * np.array(queue.week)[weekday_of(days)]
    expected = expected * np.array(_SEASON)[month - 1]
    expected = expected * np.where(day_of_month <= 4, 1.35 if queue.name == "billing" else 1.12, 1.0)
    if queue.hours in c.CLOSED_ON_HOLIDAYS:
        expected = expected * np.where(is_holiday(days), 0.2, 1.0)
    return np.asarray(expected * (1 + 0.06 * np.arange(centre.days) / 366), dtype=np.float64)


def _arrivals(centre: c.Centre, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Queue, replica, service day, local second of that day and instant of each arrival."""
    parts: list[tuple[Ints, ...]] = []
    for kind in FRONT:
        noise = rng.gamma(60, 1 / 60, (centre.replicas, centre.days))
        counts = rng.poisson(_expected(centre, kind)[None, :] * noise).reshape(-1)
        cell = np.repeat(np.arange(counts.size), counts)
        profile = np.array(QUEUES[kind].profile)
        knots = np.concatenate(([0.0], np.cumsum(profile / profile.sum())))
        second = np.interp(rng.random(cell.size), knots, (c.DAY_BEGINS + np.arange(25)) * HOUR).astype(
            np.int64
        )
        second = np.minimum(second, (c.DAY_BEGINS + 24) * HOUR - 1)
        day = cell % centre.days
        instant = to_utc((centre.first_day + day) * DAY + second, QUEUES[kind].zone)
        parts.append((np.full(cell.size, kind), cell // centre.days, day, second, instant))
    queue, replica, day, second, instant = (np.concatenate(values) for values in zip(*parts, strict=True))
    return queue, replica, day, second, instant


def lognormal(rng: np.random.Generator, mean: Floats, sigma: float) -> Floats:
    """Lognormal draws of given means."""
    return np.asarray(mean * np.exp(sigma * rng.standard_normal(mean.size) - sigma * sigma / 2))


def pick(rng: np.random.Generator, weights: npt.NDArray[np.float64], rows: int) -> Ints:
    """Draws of positions with these weights."""
    return np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(rows), side="right").astype(
        np.int64
    )


def _reasons(rng: np.random.Generator, queue: Ints) -> Array:
    table = np.array([kind.reasons for kind in QUEUES], dtype=np.float64)
    table = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    draw = rng.random(queue.size)
    found: Array = (draw[:, None] >= table[queue][:, :-1]).sum(axis=1)
    return found.astype(np.int8)


def _seconds(values: Floats, low: int, high: int) -> Ints:
    """Durations within bounds, in whole seconds."""
    return np.clip(values, low, high).astype(np.int64)


def _per_queue(values: list[float], queue: Ints) -> Floats:
    return np.array(values, dtype=np.float64)[queue]


@dataclass
class _Entries:
    """Contacts that reached a queue: what they bring and what became of them."""

    queue: Ints
    replica: Ints
    day: Ints
    queued: Ints
    ring: Ints
    talk: Ints
    hold: Ints
    wrap: Ints
    outcome: Ints
    answered: Ints
    ended: Ints
    agent: Ints
    shift: Ints
    busy_from: Ints
    busy_until: Ints


def _run(
    staff: Staff,
    rng: np.random.Generator,
    rosters: tuple[int, ...],
    queue: Ints,
    replica: Ints,
    day: Ints,
    queued: Ints,
    first_shift: int,
) -> tuple[_Entries, Shifts]:
    """Send contacts through their queues."""
    size = queue.size
    ring = rng.integers(2, 7, size)
    talk = _seconds(lognormal(rng, _per_queue([kind.handle for kind in QUEUES], queue), 0.75), 15, 1700)
    is_held = rng.random(size) < 0.22
    hold = np.where(is_held, _seconds(lognormal(rng, np.full(size, 55.0), 0.7), 5, 300), 0)
    wrap = _seconds(lognormal(rng, _per_queue([kind.wrap for kind in QUEUES], queue), 0.6), 3, 500)
    # The longest call is shorter than a break, so that no agent is in two half shifts at once.
    busy = ring + talk + hold + wrap

    patience = np.ceil(rng.exponential(_per_queue([kind.patience for kind in QUEUES], queue)))
    overflow_at = _per_queue([kind.overflow_after for kind in QUEUES], queue)
    can_overflow = _receives(POSITION["backup"], staff.centre.first_day + day, queued)
    overflow_at = np.where(can_overflow & (rng.random(size) < 0.7), overflow_at, np.inf)
    limit = np.minimum(np.minimum(patience, overflow_at), MAX_WAIT)
    fails = rng.random(size) < 0.0015
    limit = np.where(fails, -1.0, limit)

    local = queued + offset_at(queued, "Europe/Paris") - (staff.centre.first_day + day) * DAY
    by_night = (local >= c.NIGHT_BEGINS * HOUR) | ~open_on(POSITION["sales"], staff.centre.first_day + day)
    roster = np.where(by_night, c.OTHER_ROSTER[queue], c.ROSTER[queue])
    result, shifts = serve(staff, rng, rosters, Work(roster, replica, day, queued, busy, limit), first_shift)
    waited = np.maximum(limit, 1).astype(np.int64)
    mind = rng.random(size)
    offers = np.array([kind.offers_callback for kind in QUEUES])[queue]
    left = np.where(
        (waited > 40) & offers & (mind < 0.16),
        c.CALLBACK_REQUESTED,
        np.where((waited > 30) & (mind > 0.9), c.VOICEMAIL, c.ABANDONED),
    )
    left = np.where(limit >= MAX_WAIT, c.TIMED_OUT, left)
    left = np.where((limit == overflow_at) & (limit < patience), c.OVERFLOWED, left)
    left = np.where(fails, c.FAILED, left)
    start = np.where(result.taken, result.start, 0).astype(np.int64)
    answered = np.where(result.taken, start + ring, UNKNOWN)
    message = np.where(left == c.VOICEMAIL, rng.integers(15, 60, size), 0)
    ended = np.where(result.taken, start + ring + talk + hold, queued + waited + message)
    entries = _Entries(
        queue=queue,
        replica=replica,
        day=day,
        queued=queued,
        ring=np.where(result.taken, ring, UNKNOWN),
        talk=np.where(result.taken, talk, UNKNOWN),
        hold=np.where(result.taken, hold, UNKNOWN),
        wrap=np.where(result.taken, wrap, UNKNOWN),
        outcome=np.where(result.taken, c.ANSWERED, left),
        answered=answered,
        ended=ended,
        agent=result.agent,
        shift=result.shift,
        busy_from=np.where(result.taken, start, UNKNOWN),
        busy_until=np.where(result.taken, start + busy, UNKNOWN),
    )
    return entries, shifts


def _receives(kind: int, days: Ints, instants: Ints) -> Bools:
    """Whether a queue of Paris takes calls at these instants of these service days, with a margin before it
    closes."""
    local = instants + offset_at(instants, QUEUES[kind].zone) - days * DAY
    opens, closes = opening_seconds(kind, days)
    return (local >= opens) & (local < closes - 1200)


def _legs(entries: _Entries, given: dict[str, Array | int]) -> Legs:
    wait = np.where(entries.answered != UNKNOWN, entries.answered, entries.ended) - entries.queued
    fields: dict[str, Array | int] = {
        "direction": c.INBOUND,
        "outcome": entries.outcome,
        "queued": entries.queued,
        "answered": entries.answered,
        "ended": entries.ended,
        "wait": wait,
        "ring": entries.ring,
        "talk": entries.talk,
        "hold": entries.hold,
        "wrap": entries.wrap,
        "queue": entries.replica * QUEUES_EACH + entries.queue,
        "agent": entries.agent,
        "shift": entries.shift,
        "busy_from": entries.busy_from,
        "busy_until": entries.busy_until,
    }
    return Legs.of(entries.queue.size, fields | given)


def _repeats(
    rng: np.random.Generator, legs: Legs, resolved: Array, line: Ints, customer: Ints, reason: Array
) -> None:
    """Turn some arrivals into repeat contacts: of the same customer, for the same reason, within seven days.

    The process of arrivals is left as it is; only who calls, and why, changes. A customer whose matter was
    not resolved calls again five times as often.
    """
    started = legs["started"]
    order = np.lexsort((started, line))
    key = line[order] * (10**11) + started[order]
    answered = np.flatnonzero((legs["outcome"] == c.ANSWERED) & (customer >= 0))
    chance = np.where(resolved[answered] == 1, 0.07, 0.36)
    source = answered[rng.random(answered.size) < chance]
    delay = np.clip(rng.exponential(1.8 * DAY, source.size), HOUR, 7 * DAY - 2 * HOUR).astype(np.int64)
    wanted = line[source] * (10**11) + started[source] + delay
    place = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    target = order[place]
    gap = started[target] - started[source]
    good = (line[target] == line[source]) & (gap > 0) & (gap < 7 * DAY) & (customer[target] >= 0)
    parent = np.arange(started.size)
    parent[target[good]] = source[good]
    # A chain of repeats goes back to its first contact: follow the links, doubling the stride.
    while True:
        ahead = parent[parent]
        if np.array_equal(ahead, parent):
            break
        parent = ahead
    customer[:] = customer[parent]
    reason[:] = reason[parent]


def inbound(staff: Staff, rng: np.random.Generator) -> Inbound:
    """Every inbound leg of the group, and the half shifts behind them."""
    centre = staff.centre
    queue, replica, day, second, started = _arrivals(centre, rng)
    size = queue.size
    opens = np.empty(size)
    closes = np.empty(size)
    for kind in FRONT:
        mine = queue == kind
        opens[mine], closes[mine] = opening_seconds(kind, centre.first_day + day[mine])
    is_open = (second >= opens) & (second < closes)
    ivr = np.clip(lognormal(rng, np.full(size, 26.0), 0.45), 3, 180).astype(np.int64)
    ivr[queue == POSITION["messages"]] = 0
    draw = rng.random(size)
    in_menu = (queue != POSITION["messages"]) & (draw < 0.085)
    before = np.where(
        ~is_open, c.CLOSED, np.where(in_menu, np.where(draw < 0.03, c.ABANDONED_IVR, c.SELF_SERVED), -1)
    )
    ivr = np.where(before == c.SELF_SERVED, ivr * 3, np.where(before == c.ABANDONED_IVR, ivr // 2 + 1, ivr))

    customer = np.floor(centre.customers_each * rng.random(size) ** 1.4).astype(np.int64)
    customer += replica * centre.customers_each
    customer[rng.random(size) < 0.11] = -1
    reason = _reasons(rng, queue)
    feature = np.where(rng.random(size) < 0.45, rng.integers(0, len(c.FEATURES), size), -1).astype(np.int8)
    channel = np.where(queue == POSITION["messages"], np.where(rng.random(size) < 0.65, 1, 2), 0).astype(
        np.int8
    )
    caller = c.PHONE_RANGES[customer % 6] + (customer * 7919 + 13) % 10_000
    unknown = customer < 0
    caller[unknown] = c.PHONE_RANGES[5] + rng.integers(0, 10_000, int(unknown.sum()))
    caller[(rng.random(size) < 0.03) | (channel > 0)] = -1
    is_marketed = (queue == POSITION["sales"]) & (rng.random(size) < 0.7)
    source = np.where(is_marketed, pick(rng, np.array([4, 2, 3, 2, 2.5, 1, 1.5, 1, 0, 1.0]), size), -1)
    line_number = c.PHONE_RANGES[0] + (centre.first_replica + replica) * 40 % 9_000 + queue * 2
    dialled = np.where(channel > 0, -1, line_number + np.where(source >= 0, 9_000 // 10 + source, 0) % 1_000)

    entered = before < 0
    menu = np.flatnonzero(~entered)
    asked = np.flatnonzero(entered)
    fronts, front_shifts = _run(
        staff, rng, c.FRONT_ROSTERS, queue[asked], replica[asked], day[asked], started[asked] + ivr[asked], 0
    )

    def shared(rows: Array) -> dict[str, Array | int]:
        return {
            "channel": channel[rows],
            "customer": customer[rows],
            "reason": reason[rows],
            "feature": feature[rows],
            "caller": caller[rows],
            "called": dialled[rows],
            "dialled": np.where(source[rows] >= 0, dialled[rows], -1),
            "source": source[rows],
        }

    first_leg: dict[str, Array | int] = {
        "contact": np.arange(asked.size),
        "started": started[asked],
        "ivr": ivr[asked],
    }
    front_legs = _legs(fronts, shared(asked) | first_leg)
    resolved = _resolution(rng, fronts, front_legs["wait"])
    front_legs.fields["resolved"] = resolved
    line = queue[asked] + QUEUES_EACH * replica[asked]
    _repeats(rng, front_legs, resolved, line, front_legs["customer"], front_legs["reason"])

    quick = np.where(before[menu] == c.CLOSED, rng.integers(8, 25, menu.size), ivr[menu])
    menu_fields: dict[str, Array | int] = {
        "direction": c.INBOUND,
        "contact": asked.size + np.arange(menu.size),
        "outcome": before[menu],
        "started": started[menu],
        "ended": started[menu] + quick,
        "ivr": quick,
        # The menu is not a queue: a caller who left it, or came when it was closed, has none.
        "disconnected": np.where(before[menu] == c.CLOSED, 2, 0),
    }
    menu_legs = Legs.of(menu.size, shared(menu) | menu_fields)

    parts = [front_legs, menu_legs]
    shifts = [front_shifts]
    replicas = [replica[asked], replica[menu]]
    days = [day[asked], day[menu]]
    total = asked.size + menu.size
    numbers = np.arange(asked.size)
    made = int(front_shifts.agent.size)

    # Overflow, and a few calls handed sideways, go to the partner; then the hard ones to the experts.
    sideways = (fronts.outcome == c.ANSWERED) & (rng.random(asked.size) < 0.012)
    sideways &= np.isin(fronts.queue, [POSITION["sales"], POSITION["support"], POSITION["premium"]])
    sideways &= _receives(POSITION["backup"], centre.first_day + fronts.day, fronts.ended)
    move = np.flatnonzero((fronts.outcome == c.OVERFLOWED) | sideways)
    backup, backup_legs = _passed_on(staff, rng, "backup", front_legs, numbers, fronts, move, made, shifts)
    backup_numbers = total + np.arange(len(backup_legs))
    total += len(backup_legs)
    made += int(shifts[-1].agent.size)
    parts.append(backup_legs)
    replicas.append(backup.replica)
    days.append(backup.day)

    escalate = []
    for legs, entries in ((front_legs, fronts), (backup_legs, backup)):
        share = _per_queue([kind.transfer_up for kind in QUEUES], entries.queue)
        up = (entries.outcome == c.ANSWERED) & (rng.random(share.size) < share)
        up &= _receives(POSITION["technical"], centre.first_day + entries.day, entries.ended)
        if legs is front_legs:
            up &= ~sideways
        legs.fields["escalated"] = np.where(entries.outcome == c.ANSWERED, up, -1).astype(np.int8)
        legs.fields["resolved"][up] = 0
        escalate.append(np.flatnonzero(up))
    front_legs.fields["resolved"][sideways] = -1
    both = _joined_entries(fronts, backup)
    both_legs = Legs(
        {name: np.concatenate([front_legs[name], backup_legs[name]]) for name in front_legs.fields}
    )
    rows = np.concatenate((escalate[0], asked.size + escalate[1]))
    experts, expert_legs = _passed_on(
        staff,
        rng,
        "technical",
        both_legs,
        np.concatenate((numbers, backup_numbers)),
        both,
        rows,
        made,
        shifts,
    )
    expert_legs.fields["escalated"] = np.where(experts.outcome == c.ANSWERED, 0, -1).astype(np.int8)
    parts.append(expert_legs)
    replicas.append(experts.replica)
    days.append(experts.day)
    legs = Legs({name: np.concatenate([part[name] for part in parts]) for name in front_legs.fields})
    _finish(rng, legs)
    return Inbound(legs, shifts, np.concatenate(replicas), np.concatenate(days))


def _resolution(rng: np.random.Generator, entries: _Entries, wait: Array) -> Array:
    """Whether an answered call was resolved: less often after a long wait, and by some agents; -1 unknown."""
    talent = ((entries.agent * 2654435761) % 1000) / 1000 - 0.5
    chance = _per_queue([kind.resolved for kind in QUEUES], entries.queue)
    chance = chance + 0.14 * talent - 0.08 * np.minimum(wait, 300) / 300
    resolved = (rng.random(wait.size) < chance).astype(np.int8)
    resolved[(entries.outcome != c.ANSWERED) | (rng.random(wait.size) < 0.07)] = -1
    return resolved


def _passed_on(
    staff: Staff,
    rng: np.random.Generator,
    name: str,
    legs: Legs,
    numbers: Ints,
    entries: _Entries,
    rows: Ints,
    first_shift: int,
    shifts: list[Shifts],
) -> tuple[_Entries, Legs]:
    """The next leg of some contacts, in another queue of the same replica."""
    kind = POSITION[name]
    started = legs["ended"][rows]
    queued = started + rng.integers(0, 3, rows.size)
    onward, more = _run(
        staff,
        rng,
        (kind,),
        np.full(rows.size, kind),
        entries.replica[rows],
        entries.day[rows],
        queued,
        first_shift,
    )
    shifts.append(more)
    given: dict[str, Array | int] = {
        field: legs[field][rows]
        for field in (
            "channel",
            "customer",
            "reason",
            "feature",
            "caller",
            "called",
            "dialled",
            "source",
            "contact",
        )
    }
    given["previous"] = numbers[rows]
    given["started"] = started
    following = _legs(onward, given)
    following.fields["resolved"] = _resolution(rng, onward, following["wait"])
    return onward, following


def _joined_entries(first: _Entries, second: _Entries) -> _Entries:
    return _Entries(
        **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in vars(first)}
    )


def _finish(rng: np.random.Generator, legs: Legs) -> None:
    """What does not depend on the queue: recordings, redirections, who hung up, tests, unknown wrap and
    hold."""
    size = len(legs)
    answered = legs["outcome"] == c.ANSWERED
    legs.fields["recorded"] = np.where(answered, rng.random(size) < 0.82, -1).astype(np.int8)
    redirected = answered & (legs["customer"] >= 0) & (rng.random(size) < 0.07)
    legs.fields["redirected"] = np.where(redirected, rng.integers(0, len(c.REDIRECTS), size), -1).astype(
        np.int8
    )
    hung_up = rng.random(size)
    party = np.where(answered, np.where(hung_up < 0.68, 0, np.where(hung_up < 0.97, 1, 2)), 0)
    party = np.where(np.isin(legs["outcome"], [c.OVERFLOWED, c.TIMED_OUT, c.FAILED]), 2, party)
    legs.fields["disconnected"] = np.where(legs["disconnected"] >= 0, legs["disconnected"], party).astype(
        np.int8
    )
    # The partner's switch reports no wrap and no hold: they are unknown, not zero.
    partner = legs["queue"] % QUEUES_EACH == POSITION["backup"]
    legs.fields["wrap"][partner | (rng.random(size) < 0.01)] = UNKNOWN
    no_hold = partner & (legs["hold"] != UNKNOWN)
    # With an unknown hold, the time on hold is part of the talk.
    legs.fields["talk"][no_hold] += legs["hold"][no_hold]
    legs.fields["hold"][no_hold] = UNKNOWN
    is_single = np.bincount(legs["contact"], minlength=int(legs["contact"].max(initial=0)) + 1) == 1
    test = is_single[legs["contact"]] & answered & (rng.random(size) < 0.0012)
    legs.fields["test"] = test.astype(np.int8)
    legs.fields["customer"][test] = -1
    legs.fields["redirected"][test] = -1
