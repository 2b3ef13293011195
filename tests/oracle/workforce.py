"""Workforce: what agents' logged-in time is spent on, and the load offered to them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from .calls import attempts, queue_scopes
from .periods import next_start
from .settings import start_of_day
from .states import AVAILABLE, BUSY, add_union, is_logged_in, stretches
from .tally import Results, Tally, scopes
from .world import World


def workforce_kpis(world: World) -> Results:
    return {**state_kpis(world), **offered_load(world)}


def state_kpis(world: World) -> Results:
    """Unions, never sums: an agent in two states at once spends the second once."""
    pieces = list(stretches(world))
    if not pieces:
        return {}
    tally = Tally()
    for by_queue in (False, True):
        add_union(tally, world, "logged_in", pieces, is_logged_in, by_queue=by_queue)
        add_union(tally, world, "available", pieces, AVAILABLE.__contains__, by_queue=by_queue)
        add_union(tally, world, "busy", pieces, BUSY.__contains__, by_queue=by_queue)
        add_union(tally, world, "at_work", pieces, (AVAILABLE | BUSY).__contains__, by_queue=by_queue)
    for leg in world.legs:
        if leg.is_inbound and leg.is_handled:
            tally.add("contacts", scopes(("team", leg.team), ("agent", leg.agent_id)), leg.day)
    for leg in attempts(world):
        if leg.flags.is_contact_established:
            tally.add("contacts", scopes(("team", leg.team), ("agent", leg.agent_id)), leg.day)
    return {
        **tally.rate("agent_availability", "available", "logged_in", 100),
        **tally.rate("occupancy", "busy", "at_work", 100),
        **tally.rate("agent_productivity", "contacts", "logged_in", 3600, only=("all", "team", "agent")),
    }


def offered_load(world: World) -> Results:
    """Offered calls x average handle time / seconds of the period.

    The handle time is that of the handled inbound legs of the same queue, site, channel or source.
    A total has no length.
    """
    tally = Tally()
    for leg in world.legs:
        if leg.is_queue_entry:
            tally.add("offered", queue_scopes(leg), leg.day)
        if leg.is_inbound and leg.is_handled:
            handle = (leg.talk or 0) + (leg.hold or 0) + (leg.wrap or 0)
            tally.add_all({"handled": 1, "handle": handle}, queue_scopes(leg), leg.day)
    handled, handle_seconds = tally.totals("handled"), tally.totals("handle")
    results: Results = {}
    for cell, offered in tally.totals("offered").items():
        scope, grain, start = cell
        if start is None:
            continue
        value = None
        if handled.get(cell):
            load = Fraction(offered) * handle_seconds[cell] / handled[cell]
            value = float(load / period_seconds(world, grain, start))
        results["offered_load_erlangs", grain, start, *scope] = (None, None, value)
    return results


def period_seconds(world: World, grain: str, start: date) -> int:
    """The local length of the period in the reporting zone: a day of the clock change has 23 or 25 hours."""
    zone = world.settings.reporting_zone
    length = start_of_day(next_start(grain, start), zone) - start_of_day(start, zone)
    return int(length.total_seconds())
