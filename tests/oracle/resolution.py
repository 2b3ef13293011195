"""Resolution of calls: first contact resolution, escalation, transfer, self-care (the FCR ruling)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import datetime, timedelta

from .calls import handled_scopes
from .tally import Number, Results, Tally
from .world import Contact, Leg, World


def resolution_kpis(world: World) -> Results:
    transfers = transfers_of(world)
    return {**leg_kpis(world, transfers), **contact_resolution(world, transfers)}


def transfers_of(world: World) -> dict[str, list[Leg]]:
    """The legs each handled inbound leg was transferred to.

    A leg transfers from the one it names; an inbound one that names none (naming itself is none), from the one just
    before in its interaction.
    """
    handled = {leg.call_id: leg for leg in world.legs if leg.is_inbound and leg.is_handled}
    before: dict[str, Leg] = {}
    transfers: defaultdict[str, list[Leg]] = defaultdict(list)
    for leg in world.legs:
        just_before = before.get(leg.interaction_id)
        named = leg.previous_call_id if leg.previous_call_id != leg.call_id else None
        source = named or (just_before.call_id if just_before and leg.is_inbound else None)
        if source in handled:
            transfers[source].append(leg)
        before[leg.interaction_id] = leg
    return dict(transfers)


def is_escalated(leg: Leg, transfers: dict[str, list[Leg]]) -> bool:
    """Said to be escalated, or transferred to a queue of a strictly higher tier."""
    tiers = [target.tier for target in transfers.get(leg.call_id, []) if target.tier is not None]
    return leg.is_escalated is True or (leg.tier is not None and any(tier > leg.tier for tier in tiers))


def leg_kpis(world: World, transfers: dict[str, list[Leg]]) -> Results:
    """Rates over handled inbound legs."""
    sessions = sessions_by_customer(world)
    tally = Tally()
    for leg in world.legs:
        if not (leg.is_inbound and leg.is_handled):
            continue
        parts = {
            "handled": True,
            "resolved": leg.is_resolved is True,
            "resolution_known": leg.is_resolved is not None,
            "escalated": is_escalated(leg, transfers),
            "transferred": leg.call_id in transfers,
            "redirected": leg.is_redirected,
            "selfcare": leg.is_redirected and has_session_after(world, leg, sessions),
        }
        measures: dict[str, Number] = {name: 1 for name, holds in parts.items() if holds}
        tally.add_all(measures, handled_scopes(leg), leg.day)
    results = {
        **tally.rate("first_contact_resolution_flag", "resolved", "handled", 100),
        **tally.rate("resolution_rate", "resolved", "resolution_known", 100),
        **tally.rate("escalation_rate", "escalated", "handled", 100),
        **tally.rate("transfer_rate", "transferred", "handled", 100),
        **tally.rate("digitalisation_rate", "redirected", "handled", 100),
    }
    if world.staged["selfservice_sessions"].rows:
        results |= tally.rate("selfcare_transfer_rate", "selfcare", "handled", 100)
    return results


def sessions_by_customer(world: World) -> dict[str, list[datetime]]:
    sessions: defaultdict[str, list[datetime]] = defaultdict(list)
    for row in world.rows("selfservice_sessions", "started_at"):
        customer_id = row.text("customer_id")
        if customer_id is not None:
            sessions[customer_id].append(row.moment("started_at"))
    return dict(sessions)


def has_session_after(world: World, leg: Leg, sessions: dict[str, list[datetime]]) -> bool:
    """A self-service session of the same customer from the call's start to the window's end, both in."""
    if leg.customer_id is None:
        return False
    last = leg.started_at + timedelta(hours=world.settings.selfcare_window_hours)
    return any(leg.started_at <= start <= last for start in sessions.get(leg.customer_id, []))


def contact_resolution(world: World, transfers: dict[str, list[Leg]]) -> Results:
    """FCR is about contacts of known customers.

    A contact that begins as a callback is left out altogether.
    """
    window = timedelta(days=world.settings.fcr_window_days)
    contacts = [
        contact
        for contact in world.contacts
        if contact.customer_id is not None and contact.first.is_callback is not True
    ]
    any_reason: defaultdict[str | None, list[datetime]] = defaultdict(list)
    same_reason: defaultdict[tuple[str | None, str | None], list[datetime]] = defaultdict(list)
    for contact in sorted(contacts, key=lambda contact: contact.first.order):
        any_reason[contact.customer_id].append(contact.first.started_at)
        same_reason[contact.customer_id, contact.reason].append(contact.first.started_at)

    tally = Tally()
    for contact in contacts:
        last, start = contact.last_answered, contact.first.started_at
        if last is None or start + window > world.as_of:
            continue
        own = same_reason[contact.customer_id, contact.reason]
        repeated_any = has_later(any_reason[contact.customer_id], start, window)
        first, repeated = not has_earlier(own, start, window), has_later(own, start, window)
        escalated = is_contact_escalated(contact, transfers)
        parts = {
            "eligible": True,
            "not_repeated": not repeated_any,
            "first": first,
            "resolved_first": first and last.is_resolved is True and not escalated and not repeated,
        }
        measures: dict[str, Number] = {name: 1 for name, holds in parts.items() if holds}
        tally.add_all(measures, handled_scopes(last), contact.first.day)
    return {
        **tally.rate("first_contact_resolution", "resolved_first", "first", 100),
        **tally.rate("first_contact_resolution_no_repeat", "not_repeated", "eligible", 100),
    }


def has_earlier(starts: list[datetime], start: datetime, window: timedelta) -> bool:
    """A contact in [start - window, start)."""
    return bisect_left(starts, start - window) < bisect_left(starts, start)


def has_later(starts: list[datetime], start: datetime, window: timedelta) -> bool:
    """A contact in (start, start + window]."""
    return bisect_right(starts, start) < bisect_right(starts, start + window)


def is_contact_escalated(contact: Contact, transfers: dict[str, list[Leg]]) -> bool:
    return any(is_escalated(leg, transfers) for leg in contact.all_legs)
