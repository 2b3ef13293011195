"""Tickets: volumes, delays and resolution, on the day of their own date role.

Merged and deleted ones never count.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from .contract import Row
from .history import whole_seconds
from .opening_hours import OpeningHours
from .tally import Number, Results, Scope, Tally, scopes
from .world import World

NOT_TICKETS = frozenset({"merged", "deleted"})
MINUTES, HOURS = Fraction(1, 60), Fraction(1, 3600)


def ticket_kpis(world: World) -> Results:
    tally = Tally()
    hours = OpeningHours(world.seeds)
    for ticket in world.rows("tickets", "created_at"):
        if ticket.text("status") not in NOT_TICKETS:
            add_created(world, tally, ticket, hours)
            add_solved(world, tally, ticket)
            add_closed(world, tally, ticket, hours)
    return {
        **tally.count("ticket_volume", "created"),
        **tally.count("complaints", "complaints"),
        **tally.rate("ticket_escalation_rate", "escalated", "created", 100),
        **tally.rate("first_response_time", "reply_seconds", "replied", MINUTES),
        **tally.rate("first_response_time_business", "reply_open_seconds", "replied_in_hours", MINUTES),
        **tally.rate("ticket_first_contact_resolution", "solved_at_once", "solved", 100),
        **tally.rate("average_resolution_time", "solve_seconds", "solved", HOURS),
        **tally.rate("average_case_handle_time", "close_seconds", "closed", HOURS),
        **tally.rate("average_case_handle_time_business", "close_open_seconds", "closed_in_hours", HOURS),
    }


def add_created(world: World, tally: Tally, ticket: Row, hours: OpeningHours) -> None:
    """First response: null, not 0, when there is none."""
    created_at, replied_at = ticket.moment("created_at"), ticket.instant("first_reply_at")
    amounts: dict[str, Number] = {"created": 1}
    if ticket.flag("is_escalated") is True:
        amounts["escalated"] = 1
    if replied_at is not None:
        amounts |= {"replied": 1, "reply_seconds": whole_seconds(replied_at - created_at)}
        open_seconds = business_seconds(world, hours, ticket, replied_at)
        if open_seconds is not None:
            amounts |= {"replied_in_hours": 1, "reply_open_seconds": open_seconds}
    day = world.places.local_day(created_at, ticket.text("queue_id"))
    tally.add_all(amounts, ticket_scopes(world, ticket, created_at), day)
    if ticket.flag("is_complaint") is True:
        by = scopes(("channel", ticket.text("channel")), ("product_feature", ticket.text("product_feature")))
        tally.add("complaints", by, day)


def add_solved(world: World, tally: Tally, ticket: Row) -> None:
    """At once: one agent reply, not escalated, not reopened."""
    solved_at = ticket.instant("solved_at")
    if solved_at is None:
        return
    once = ticket.integer("agent_replies") == 1
    clean = ticket.flag("is_escalated") is not True and not ticket.integer("reopens")
    amounts: dict[str, Number] = {
        "solved": 1,
        "solve_seconds": whole_seconds(solved_at - ticket.moment("created_at")),
        "solved_at_once": int(once and clean),
    }
    day = world.places.local_day(solved_at, ticket.text("queue_id"))
    tally.add_all(amounts, ticket_scopes(world, ticket, solved_at), day)


def add_closed(world: World, tally: Tally, ticket: Row, hours: OpeningHours) -> None:
    closed_at = ticket.instant("closed_at")
    if closed_at is None:
        return
    amounts: dict[str, Number] = {
        "closed": 1,
        "close_seconds": whole_seconds(closed_at - ticket.moment("created_at")),
    }
    open_seconds = business_seconds(world, hours, ticket, closed_at)
    if open_seconds is not None:
        amounts |= {"closed_in_hours": 1, "close_open_seconds": open_seconds}
    day = world.places.local_day(closed_at, ticket.text("queue_id"))
    tally.add_all(amounts, ticket_scopes(world, ticket, closed_at), day)


def ticket_scopes(world: World, ticket: Row, instant: datetime) -> list[Scope]:
    queue_id, agent_id = ticket.text("queue_id"), ticket.text("agent_id")
    day = world.places.local_day(instant, queue_id)
    return scopes(
        ("queue", queue_id),
        ("team", world.agents.on(agent_id, day).team),
        ("agent", agent_id),
        ("channel", ticket.text("channel")),
    )


def business_seconds(world: World, hours: OpeningHours, ticket: Row, end: datetime) -> Fraction | None:
    """Since creation, in the opening hours and the zone of the ticket's queue."""
    queue = world.places.queue(ticket.text("queue_id"))
    return hours.seconds(queue.business_hours_id, queue.zone, ticket.moment("created_at"), end)
