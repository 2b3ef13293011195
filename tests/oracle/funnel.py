"""Leads.

How many, how fast they are called, and what follows their first contact (lead response, follow-up).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from .calls import attempt_scopes, attempts
from .conversions import Conversions
from .history import whole_seconds
from .leads import Activity, Lead, Leads
from .opening_hours import OpeningHours
from .periods import GRAINS, period_start
from .tally import Cell, Number, Results, Scope, Tally, scopes
from .world import Leg, World

SAME_CALL = timedelta(minutes=5)
DAY_SECONDS = 86_400


def funnel_kpis(world: World) -> Results:
    leads = Leads(world)
    conversions = Conversions(world, leads)
    return {
        **collected(world, leads),
        **response_times(world, leads),
        **generation(world, leads),
        **velocities(world, leads),
        **follow_up_kpis(world, leads, conversions),
    }


def collected(world: World, leads: Leads) -> Results:
    tally = Tally()
    for lead in leads.population:
        day = world.day(lead.created_at)
        tally.collect("leads", lead.scopes(world, day), day, lead.lead_id)
    return tally.count("leads_collected", "leads")


def response_times(world: World, leads: Leads) -> Results:
    """Creation to the first outbound attempt at or after it; leads never called are counted apart."""
    hours, zone = OpeningHours(world.seeds), world.settings.reporting_zone
    tally = Tally()
    waits: defaultdict[Cell, list[int]] = defaultdict(list)
    for lead in leads.population:
        day = world.day(lead.created_at)
        listed, attempt = lead.scopes(world, day), lead.first_attempt
        if not lead.attempts:
            tally.add("not_called", listed, day)
        if attempt is None:
            continue
        seconds = whole_seconds(attempt.started_at - lead.created_at)
        tally.add_all({"called": 1, "response": seconds}, listed, day)
        for scope in listed:
            for grain in GRAINS:
                waits[scope, grain, period_start(grain, day)].append(seconds)
        open_seconds = hours.seconds(None, zone, lead.created_at, attempt.started_at)
        if open_seconds is not None:
            tally.add_all({"called_in_hours": 1, "response_in_hours": open_seconds}, listed, day)
    medians: Results = {
        ("lead_response_time_median", grain, start, *scope): (None, len(found), float(median(found) / 60))
        for (scope, grain, start), found in waits.items()
    }
    return {
        **tally.rate("lead_response_time", "response", "called", Fraction(1, 60)),
        **tally.rate("lead_response_time_business", "response_in_hours", "called_in_hours", Fraction(1, 60)),
        **tally.count("leads_not_contacted", "not_called"),
        **medians,
    }


def median(numbers: list[int]) -> Fraction:
    """The middle one, or the mean of the two in the middle."""
    ordered, size = sorted(numbers), len(numbers)
    return Fraction(ordered[(size - 1) // 2] + ordered[size // 2], 2)


def generation(world: World, leads: Leads) -> Results:
    """Leads created by outbound calls, over contacts established, on the call's day."""
    if not leads.is_available:
        return {}
    created: defaultdict[str, int] = defaultdict(int)
    for lead in leads.population:
        if lead.created_by is not None:
            created[lead.created_by] += 1
    tally = Tally()
    for leg in attempts(world):
        listed = attempt_scopes(leg)
        if leg.flags.is_contact_established:
            tally.add("contacts", listed, leg.day)
        if created[leg.call_id]:
            tally.add("leads", listed, leg.day, created[leg.call_id])
    return tally.rate("lead_generation_rate", "leads", "contacts", 100)


def velocities(world: World, leads: Leads) -> Results:
    """First contact to qualification, and to conversion: positive, on the day the stage is reached."""
    tally = Tally()
    for lead in leads.population:
        contact = lead.first_contact_at
        for stage, column in (("qualified", "qualified_at"), ("converted", "converted_at")):
            reached = lead.row.instant(column)
            if contact is not None and reached is not None and reached >= contact:
                day = world.day(reached)
                amounts: dict[str, Number] = {stage: 1, f"{stage}_seconds": whole_seconds(reached - contact)}
                tally.add_all(amounts, lead.scopes(world, day), day)
    return {
        **tally.rate("lead_velocity", "qualified_seconds", "qualified", Fraction(1, DAY_SECONDS)),
        **tally.rate("sales_cycle_time", "converted_seconds", "converted", Fraction(1, DAY_SECONDS)),
    }


@dataclass(frozen=True)
class FollowUp:
    """A call attempt or a non-automated activity after the lead's first contact, under its own scopes."""

    at: datetime
    day: date
    scopes: tuple[Scope, ...]


def follow_ups_of(world: World, lead: Lead) -> list[FollowUp]:
    """An activity of type `call` with a call of the same lead within 5 minutes is that call."""
    contact = lead.first_contact_at
    if contact is None:
        return []
    found = [
        FollowUp(leg.started_at, leg.day, tuple(attempt_scopes(leg)))
        for leg in lead.attempts
        if leg.started_at > contact
    ]
    for activity in lead.activities:
        if activity.occurred_at > contact and activity.is_automated is not True:
            if activity.kind == "call" and is_a_known_call(activity, lead.legs):
                continue
            day = world.day(activity.occurred_at)
            own = scopes(
                ("campaign", lead.row.text("campaign_id")),
                ("team", world.agents.on(activity.agent_id, day).team),
                ("agent", activity.agent_id),
            )
            found.append(FollowUp(activity.occurred_at, day, tuple(own)))
    return sorted(found, key=lambda follow_up: follow_up.at)


def is_a_known_call(activity: Activity, legs: list[Leg]) -> bool:
    return any(abs(leg.started_at - activity.occurred_at) <= SAME_CALL for leg in legs)


def conversion_instant(lead: Lead, conversions: Conversions) -> datetime | None:
    """The first converting outbound call to the lead or the conversion the source states, the earlier one."""
    instants = [leg.started_at for leg in lead.attempts if conversions.is_conversion(leg)]
    stated = lead.row.instant("converted_at")
    return min([*instants, *([stated] if stated is not None else [])], default=None)


def is_refused(world: World, lead: Lead) -> bool:
    """Status `rejected`, or a refusal or do-not-call disposition on any of its calls or activities."""
    known = world.seeds.dispositions
    flags = [leg.flags for leg in lead.legs]
    flags += [known[a.disposition_code] for a in lead.activities if a.disposition_code in known]
    return lead.row.text("status") == "rejected" or any(f.is_refusal or f.is_do_not_call for f in flags)


def follow_up_kpis(world: World, leads: Leads, conversions: Conversions) -> Results:
    tally = Tally()
    window = timedelta(days=world.settings.follow_up_days)
    for lead in leads.population:
        contact = lead.first_contact_at
        if contact is None:
            continue
        follow_ups = follow_ups_of(world, lead)
        converted_at = conversion_instant(lead, conversions)
        day = world.day(contact)
        listed = lead.scopes(world, day)
        converted = converted_at is not None or lead.row.text("status") == "converted"
        if not converted and not is_refused(world, lead):
            tally.collect("to_follow", listed, day, lead.lead_id)
            if follow_ups and follow_ups[0].at <= contact + window:
                tally.collect("followed_in_time", listed, day, lead.lead_id)
        if follow_ups:
            tally.add_all({"follow_ups": len(follow_ups), "followed": 1}, listed, day)
            add_secondary(tally, lead, follow_ups, converted_at)
    return {
        **tally.rate("follow_up_rate", "followed_in_time", "to_follow", 100),
        **tally.rate("follow_ups_per_lead", "follow_ups", "followed"),
        **tally.rate(
            "secondary_conversion_rate_per_follow_up", "secondary_conversions", "secondary_follow_ups", 100
        ),
        **tally.rate("secondary_conversion_rate_per_lead", "leads_converted_after", "leads_followed", 100),
    }


def add_secondary(
    tally: Tally, lead: Lead, follow_ups: list[FollowUp], converted_at: datetime | None
) -> None:
    """A conversion at or after a follow-up belongs to the last one before it.

    One before them all is a first one.
    """
    for follow_up in follow_ups:
        tally.add("secondary_follow_ups", follow_up.scopes, follow_up.day)
        if converted_at is None or converted_at >= follow_ups[0].at:
            tally.collect("leads_followed", follow_up.scopes, follow_up.day, lead.lead_id)
    if converted_at is not None:
        position = bisect_right([follow_up.at for follow_up in follow_ups], converted_at) - 1
        if position >= 0:
            cause = follow_ups[position]
            tally.add("secondary_conversions", cause.scopes, cause.day)
            tally.collect("leads_converted_after", cause.scopes, cause.day, lead.lead_id)
