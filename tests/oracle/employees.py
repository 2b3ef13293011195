"""Employees: one-to-ones held, and quality evaluations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from datetime import date
from fractions import Fraction

from .periods import DAY, GRAINS, next_start, starts_between
from .tally import Cell, Results, Scope, Tally, as_rate, scopes
from .world import World


def employee_kpis(world: World) -> Results:
    return {**coverage(world), **quality(world)}


def coverage(world: World) -> Results:
    """Agents who had a one-to-one on a day they were employed, over the agents employed at any time of the period.

    An agent is active under each team she had in the period. Who has no row is not known to be employed.
    """
    meetings = [
        (world.day(row.moment("held_at")), row.key("agent_id"))
        for row in world.rows("one_on_ones", "held_at")
    ]
    if not meetings or not world.agents.postings:
        return {}
    first = min(day for day, _ in meetings)
    tally = Tally()
    for day, agent_id in meetings:
        for employee, scope in employed(world, day, day):
            if employee == agent_id:
                tally.collect("met", [scope], day, agent_id)
    active: defaultdict[Cell, set[Hashable]] = defaultdict(set)
    for grain in GRAINS:
        for start in starts_between(grain, first, world.as_of_day):
            until = min(next_start(grain, start) - DAY, world.as_of_day) if start else world.as_of_day
            for agent_id, scope in employed(world, start or first, until):
                active[scope, grain, start].add(agent_id)
    return as_rate(
        "one_on_one_coverage",
        tally.totals("met"),
        {cell: len(agents) for cell, agents in active.items()},
        100,
    )


def employed(world: World, start: date, end: date) -> Iterator[tuple[str, Scope]]:
    """Agents with a day between the dates on which they were hired and had not left; what is unknown is no limit."""
    for agent_id, history in world.agents.postings.items():
        for posting in history:
            first = max(start, posting.valid_from, posting.hired_on or date.min)
            last = min(end, posting.until - DAY if posting.until else date.max, posting.left_on or date.max)
            if first <= last:
                for scope in scopes(("team", posting.team)):
                    yield agent_id, scope


def quality(world: World) -> Results:
    """Points scored over points possible; adherence over the evaluations that have one."""
    legs = {leg.call_id: leg for leg in world.legs}
    tally = Tally()
    for row in world.rows("qa_evaluations", "evaluated_at"):
        day, agent_id = world.day(row.moment("evaluated_at")), row.key("agent_id")
        leg = legs.get(row.text("call_id") or "")
        listed = scopes(
            ("team", world.agents.on(agent_id, day).team),
            ("agent", agent_id),
            ("queue", leg.queue_id if leg is not None else None),
        )
        tally.add("scored", listed, day, Fraction(row.number("score")))
        tally.add("possible", listed, day, Fraction(row.number("max_score")))
        adherence = row.decimal("script_adherence_percent")
        if adherence is not None:
            tally.add_all({"evaluations": 1, "adherence": Fraction(adherence)}, listed, day)
    return {
        **tally.rate("qa_score", "scored", "possible", 100),
        **tally.rate("script_adherence", "adherence", "evaluations"),
    }
