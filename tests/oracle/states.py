"""Agent states: seconds of a day an agent spent in any of some states, overlapping states counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import floor

from .opening_hours import union_seconds
from .settings import start_of_day
from .tally import Tally, scopes
from .world import World

BUSY = frozenset({"on_contact", "wrap"})
AVAILABLE = frozenset({"available", "on_contact"})


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of one state that lies inside one local day of the reporting zone."""

    agent_id: str
    queue_id: str | None
    state: str
    day: date
    start: datetime
    end: datetime


def stretches(world: World) -> Iterator[Stretch]:
    """A state without an end lasts until the agent's next one, else `as_of`; none lasts beyond `as_of`."""
    rows = sorted(
        world.rows("agent_states", "started_at"),
        key=lambda row: (row.key("agent_id"), row.moment("started_at")),
    )
    for row, following in zip(rows, [*rows, None][1:], strict=True):
        end = row.instant("ended_at")
        if end is None and following is not None and following.key("agent_id") == row.key("agent_id"):
            end = following.moment("started_at")
        end = min(end or world.as_of, world.as_of)
        start = row.moment("started_at")
        while start < end:
            day = world.day(start)
            midnight = start_of_day(day + timedelta(days=1), world.settings.reporting_zone)
            until = min(end, midnight)
            yield Stretch(row.key("agent_id"), row.text("queue_id"), row.key("state"), day, start, until)
            start = until


def add_union(
    tally: Tally,
    world: World,
    measure: str,
    listed: Iterable[Stretch],
    counts: Callable[[str], bool],
    *,
    by_queue: bool = False,
) -> None:
    """The whole seconds of the union per agent and day, under `all`, team and agent.

    Or per agent, day and queue, under the queue.
    """
    groups: defaultdict[tuple[str, date, str | None], list[tuple[datetime, datetime]]] = defaultdict(list)
    for piece in listed:
        if counts(piece.state):
            queue_id = piece.queue_id if by_queue else None
            groups[piece.agent_id, piece.day, queue_id].append((piece.start, piece.end))
    for (agent_id, day, queue_id), pieces in groups.items():
        if by_queue:
            scope_list = [("queue", queue_id)] if queue_id is not None else []
        else:
            scope_list = scopes(("team", world.agents.on(agent_id, day).team), ("agent", agent_id))
        tally.add(measure, scope_list, day, floor(union_seconds(pieces)))


def is_logged_in(state: str) -> bool:
    """Logged in is every agent state but `offline`."""
    return state != "offline"


def logged_in_seconds(world: World) -> Tally:
    tally = Tally()
    add_union(tally, world, "logged_in", stretches(world), is_logged_in)
    return tally
