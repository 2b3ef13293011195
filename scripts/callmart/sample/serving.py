"""Rosters put to work: half shifts of every queue-day, and calls served by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from callmart.sample.centre import CLOSED_ON_HOLIDAYS, HOURS, QUEUES, QUEUES_EACH, Centre
from callmart.sample.clock import DAY, HOUR, Ints, is_holiday, to_utc, weekday_of
from callmart.sample.legs import Shifts
from callmart.sample.queueing import simulate

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Staff:
    """Who holds each post: the first agent, or the one who replaced them."""

    centre: Centre
    replaced_on: Ints
    """Day from which a second agent holds the post; far in the future when nobody left."""

    @classmethod
    def of(cls, centre: Centre, rng: np.random.Generator) -> Staff:
        """One post in six changes hands during the period."""
        leaves = rng.random(centre.posts) < 1 / 6
        on = centre.first_day + rng.integers(
            centre.days // 6, max(centre.days // 6 + 1, centre.days), centre.posts
        )
        return cls(centre, np.where(leaves, on, 10**9))

    @cached_property
    def first_number(self) -> int:
        """The number of the group's first agent; each post has two numbers."""
        return 10_000_000 + 2 * self.centre.first_replica * self.centre.positions_each

    def agent(self, post: Ints, days: Ints) -> Ints:
        """The agent who holds a post on a day."""
        return self.first_number + 2 * post + (days >= self.replaced_on[post])


@dataclass(frozen=True)
class Work:
    """Calls to serve. `roster` is the position in QUEUES of the queue whose agents take the call, `day`
    counts from the first day of the period."""

    roster: Ints
    replica: Ints
    day: Ints
    queued: Ints
    busy: Ints
    patience: Floats


@dataclass(frozen=True)
class Outcome:
    """When each call was, or would have been, taken (infinite: never), by whom, in which half shift."""

    start: Floats
    taken: Bools
    agent: Ints
    shift: Ints


def open_on(queue: int, days: Ints) -> Bools:
    """Whether a queue opens at all on each service day."""
    hours = HOURS[QUEUES[queue].hours]
    opens = np.array([day is not None for day in hours])[weekday_of(days)]
    if QUEUES[queue].hours in CLOSED_ON_HOLIDAYS:
        opens &= ~is_holiday(days)
    return np.asarray(opens, dtype=np.bool_)


def opening_seconds(queue: int, days: Ints) -> tuple[Floats, Floats]:
    """Opening and closing of a queue in seconds of the local service day; infinite when it stays closed."""
    hours = HOURS[QUEUES[queue].hours]
    opens = np.array([np.inf if day is None else day[0] * HOUR for day in hours])[weekday_of(days)]
    closes = np.array([-np.inf if day is None else day[1] * HOUR for day in hours])[weekday_of(days)]
    is_open = open_on(queue, days)
    return np.where(is_open, opens, np.inf), np.where(is_open, closes, -np.inf)


def serve(
    staff: Staff, rng: np.random.Generator, kinds: Sequence[int], work: Work, first_shift: int
) -> tuple[Outcome, Shifts]:
    """Serve calls with the rosters of some queues.

    Four agents in a hundred are absent, as many begin with a training or a meeting of an hour: load meets a
    roster that was planned without them. `first_shift` is the number of the first half shift made here.
    """
    centre = staff.centre
    slots = int(centre.slots[list(kinds)].max())
    days = np.arange(centre.days)
    shape = (centre.replicas, len(kinds), centre.days, slots, 2)
    logged_in = np.full(shape, np.inf)
    ends = np.full(shape, -np.inf)
    agents = np.full(shape[:-1], -1, dtype=np.int64)
    replicas = np.arange(centre.replicas)
    for place, kind in enumerate(kinds):
        queue = QUEUES[kind]
        calendar = centre.first_day + days
        weekdays = weekday_of(calendar)
        closed = (
            is_holiday(calendar) if queue.hours in CLOSED_ON_HOLIDAYS else np.zeros(days.size, dtype=np.bool_)
        )
        for weekday in range(7):
            chosen = np.flatnonzero((weekdays == weekday) & ~closed)
            for slot, shift in enumerate(centre.rosters[kind, weekday]):
                midnight = calendar[chosen] * DAY
                hours = ((shift.start, shift.break_start), (shift.break_end, shift.end))
                for half, (begin, finish) in enumerate(hours):
                    logged_in[:, place, chosen, slot, half] = to_utc(
                        midnight + round(begin * HOUR), queue.zone
                    )
                    ends[:, place, chosen, slot, half] = to_utc(midnight + round(finish * HOUR), queue.zone)
                turn = (slot - days[chosen]) % centre.pools[kind] + centre.pool_starts[kind]
                post = replicas[:, None] * centre.positions_each + turn[None, :]
                agents[:, place, chosen, slot] = staff.agent(
                    post, np.broadcast_to(calendar[chosen], post.shape)
                )
    absent = rng.random(shape[:-1]) < 0.04
    absent[..., 0] = False
    logged_in[absent] = np.inf
    ends[absent] = -np.inf
    draw = rng.random(shape)
    lesson = np.where(draw < 0.025, 0, np.where(draw < 0.04, 1, -1)).astype(np.int8)
    lesson[..., 0, :] = -1
    starts = logged_in + HOUR * (lesson >= 0)

    place_of = np.full(QUEUES_EACH, -1)
    place_of[list(kinds)] = np.arange(len(kinds))
    row = (work.replica * len(kinds) + place_of[work.roster]) * centre.days + work.day
    order = np.lexsort((work.queued, row))
    servers = slots * 2
    served = simulate(
        row[order],
        work.queued[order].astype(np.float64),
        work.busy[order].astype(np.float64),
        work.patience[order],
        starts.reshape(-1, servers),
        ends.reshape(-1, servers),
    )
    start = np.empty(row.size)
    start[order] = served.start
    server = np.empty(row.size, dtype=np.int64)
    server[order] = served.server
    taken = server >= 0

    present = np.isfinite(logged_in).reshape(-1)
    numbers = first_shift + np.cumsum(present) - 1
    cell = row * servers + server
    agent = np.full(row.size, -1, dtype=np.int64)
    agent[taken] = np.repeat(agents.reshape(-1), 2)[cell[taken]]
    shift_of = np.full(row.size, -1, dtype=np.int64)
    shift_of[taken] = numbers[cell[taken]]

    queue_number = np.array([-1 if QUEUES[kind].is_desk else kind for kind in kinds])
    group_queue = np.where(
        queue_number[None, :] >= 0, replicas[:, None] * QUEUES_EACH + queue_number[None, :], -1
    )
    second = np.zeros(shape, dtype=np.bool_)
    second[..., 1] = True
    shifts = Shifts(
        agent=np.repeat(agents.reshape(-1), 2)[present],
        queue=np.broadcast_to(group_queue[:, :, None, None, None], shape).reshape(-1)[present],
        logged_in=logged_in.reshape(-1)[present].astype(np.int64),
        start=starts.reshape(-1)[present].astype(np.int64),
        end=ends.reshape(-1)[present].astype(np.int64),
        is_second=second.reshape(-1)[present],
        lesson=lesson.reshape(-1)[present],
    )
    return Outcome(start, taken, agent, shift_of), shifts
