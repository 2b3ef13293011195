"""Volumes, accessibility and handle times of calls (general rulings 3, 8, 10.

Service level; abandonment; AHT).
"""

from __future__ import annotations

from datetime import date

from .seeds import Threshold
from .states import logged_in_seconds
from .tally import ALL, Number, Results, Scope, Tally, named_scopes, scopes
from .world import Contact, Leg, World

QUEUE_RATES: tuple[tuple[str, str, str, int], ...] = (
    ("service_level", "answered_in_time", "offered", 100),
    ("service_level_answered", "answered_in_time", "answered", 100),
    ("service_level_abandons_negative", "answered_in_time", "answered_or_abandoned", 100),
    ("service_level_abandons_ignored", "answered_in_time", "answered_or_abandoned_late", 100),
    ("service_level_abandons_positive", "answered_or_abandoned_in_time", "answered_or_abandoned", 100),
    ("service_level_net_answered_abandoned", "answered_in_time", "answered_or_abandoned_not_short", 100),
    ("service_level_net_offered", "answered_in_time", "offered_not_short", 100),
    ("service_level_removed_from_queue", "removed_in_time", "offered", 100),
    ("service_level_60s", "answered_in_60s", "offered", 100),
    ("answer_rate", "answered", "offered", 100),
    ("answered_before_third_ring_rate", "answered_before_third_ring", "offered", 100),
    ("average_speed_of_answer", "answered_wait", "answered_wait_known", 1),
    ("average_wait_time", "wait", "wait_known", 1),
    ("average_abandon_time", "abandoned_wait", "abandoned_wait_known", 1),
    ("abandonment_rate", "abandoned", "offered", 100),
    ("abandonment_rate_net", "abandoned_not_short", "offered_not_short", 100),
)
CYCLES_BEFORE_THIRD_RING = 2


def call_kpis(world: World) -> Results:
    return {
        **contact_kpis(world),
        **queue_kpis(world),
        **handle_kpis(world),
        **attempt_volumes(world),
        **per_hour(world),
    }


def contact_scopes(contact: Contact) -> list[Scope]:
    """Day and sources of the first inbound leg.

    Each queue visited, and each site of these once (ruling 10).
    """
    queues = dict.fromkeys(leg.queue_id for leg in contact.legs)
    sites = dict.fromkeys(leg.queue_site for leg in contact.legs)
    return scopes(
        *(("queue", queue_id) for queue_id in queues),
        *(("site", site) for site in sites),
        ("channel", contact.first.channel),
        ("source_channel", contact.first.source_channel),
    )


def scopes_of_legs(contact: Contact, legs: list[Leg]) -> list[Scope]:
    """The scopes where these legs speak for their contact: of queues and sites, only their own."""
    own = {("queue", leg.queue_id) for leg in legs} | {("site", leg.queue_site) for leg in legs}
    return [scope for scope in contact_scopes(contact) if scope[0] not in ("queue", "site") or scope in own]


def contact_kpis(world: World) -> Results:
    """Inbound volumes and the rates "of received": distinct contacts on both sides."""
    tally = Tally()
    for contact in world.contacts:
        listed, day = contact_scopes(contact), contact.first.day
        tally.add("contacts", listed, day)
        tally.add("contacts_by_source", named_scopes(("campaign", contact.first.campaign_id)), day)
        abandoned = [leg for leg in contact.legs if leg.is_queue_entry and leg.outcome == "abandoned"]
        quick = [leg for leg in contact.legs if leg.is_handled and leg.wait is not None and leg.wait < 18]
        before_queue = [leg for leg in contact.legs if leg.outcome == "abandoned_ivr"]
        for measure, legs in (
            ("abandoned", abandoned),
            ("answered_under_18s", quick),
            ("abandoned_ivr", before_queue),
        ):
            if legs:
                tally.add(measure, scopes_of_legs(contact, legs), day)
    by_source = tally.count("calls_by_source", "contacts", only=("source_channel",))
    by_campaign = tally.count("calls_by_source", "contacts_by_source")
    return {
        **tally.count("inbound_calls", "contacts"),
        **tally.count("call_volume", "contacts"),
        **by_source,
        **by_campaign,
        **tally.rate("answer_rate_18s", "answered_under_18s", "contacts", 100),
        **tally.rate("abandonment_rate_received", "abandoned", "contacts", 100),
        **tally.rate("ivr_abandonment_rate", "abandoned_ivr", "contacts", 100),
        **total_calls(world),
    }


def total_calls(world: World) -> Results:
    """Inbound contacts, by the site of their queues, and outbound attempts, by the site of their agent."""
    tally = Tally()
    for contact in world.contacts:
        listed = [scope for scope in contact_scopes(contact) if scope[0] in ("all", "site", "channel")]
        tally.add("calls", listed, contact.first.day)
    for leg in attempts(world):
        tally.add("calls", scopes(("site", leg.agent_site), ("channel", leg.channel)), leg.day)
    return tally.count("total_calls", "calls")


def queue_scopes(leg: Leg) -> list[Scope]:
    return scopes(
        ("queue", leg.queue_id),
        ("site", leg.queue_site),
        ("channel", leg.channel),
        ("source_channel", leg.source_channel),
    )


def queue_kpis(world: World) -> Results:
    """Queue entries, and the rates over them."""
    tally = Tally()
    for leg in world.legs:
        if leg.is_queue_entry:
            tally.add_all(entry_measures(world, leg), queue_scopes(leg), leg.day)
    results = {
        **tally.count("offered_calls", "offered"),
        **tally.count("answered_calls", "answered"),
        **tally.count("abandoned_calls", "abandoned"),
    }
    for kpi_id, numerator, denominator, multiplier in QUEUE_RATES:
        results |= tally.rate(kpi_id, numerator, denominator, multiplier)
    return results


def entry_measures(world: World, leg: Leg) -> dict[str, Number]:
    """One queue entry's part of every measure.

    An unknown wait is not in time, and not short (general ruling 3).
    """
    settings, wait = world.settings, leg.wait
    in_time = wait is not None and wait <= service_level_threshold(world, leg)
    answered, abandoned = leg.outcome == "answered", leg.outcome == "abandoned"
    short = abandoned and wait is not None and wait <= settings.short_abandon_seconds
    third_ring = CYCLES_BEFORE_THIRD_RING * settings.ring_cycle_seconds
    parts = {
        "offered": True,
        "answered": answered,
        "abandoned": abandoned,
        "answered_in_time": answered and in_time,
        "answered_or_abandoned": answered or abandoned,
        "answered_or_abandoned_late": answered or (abandoned and not in_time),
        "answered_or_abandoned_in_time": (answered or abandoned) and in_time,
        "answered_or_abandoned_not_short": (answered or abandoned) and not short,
        "offered_not_short": not short,
        "abandoned_not_short": abandoned and not short,
        "removed_in_time": in_time and leg.outcome in ("answered", "abandoned", "callback_requested"),
        "answered_in_60s": answered and wait is not None and wait <= 60,
        "answered_before_third_ring": answered and wait is not None and wait < third_ring,
        "wait_known": wait is not None,
        "answered_wait_known": answered and wait is not None,
        "abandoned_wait_known": abandoned and wait is not None,
    }
    measures: dict[str, Number] = {name: 1 for name, holds in parts.items() if holds}
    if wait is not None:
        measures["wait"] = wait
        if answered:
            measures["answered_wait"] = wait
        if abandoned:
            measures["abandoned_wait"] = wait
    return measures


def service_level_threshold(world: World, leg: Leg) -> int:
    """T of the queue on the leg's local day, else of `all`, else the setting."""
    for scope in (("queue", leg.queue_id), ALL):
        valid = [row for row in world.seeds.service_level_thresholds if is_valid(row, scope, leg.day)]
        if valid:
            return max(valid, key=lambda row: row.valid_from).seconds
    return world.settings.service_level_seconds


def is_valid(row: Threshold, scope: tuple[str, str | None], day: date) -> bool:
    """The row's scope, its id left open for `all`, on a day from `valid_from` to before `valid_to`."""
    same = row.scope_type == scope[0] and (scope == ALL or row.scope_id == scope[1])
    return same and row.valid_from <= day and (row.valid_to is None or day < row.valid_to)


def handled_scopes(leg: Leg) -> list[Scope]:
    """General ruling 8: the leg's agent, and that agent's team and site at that time."""
    return scopes(
        ("queue", leg.queue_id),
        ("agent", leg.agent_id),
        ("team", leg.team),
        ("site", leg.agent_site),
    )


def handle_kpis(world: World) -> Results:
    """Handled legs.

    AHT adds the known parts over all of them; the other means divide by the known ones (ruling 3).
    """
    tally = Tally()
    for leg in world.legs:
        if not leg.is_handled:
            continue
        listed = handled_scopes(leg)
        tally.add("handled", listed, leg.day)
        if leg.is_recorded is True:
            tally.add("recorded", listed, leg.day)
        if leg.is_inbound:
            tally.add_all(handle_measures(leg), listed, leg.day)
    return {
        **tally.count("handled_calls", "handled"),
        **tally.rate("recording_coverage_rate", "recorded", "handled", 100),
        **tally.rate("average_handle_time", "handle", "inbound"),
        **tally.rate("average_conversation_time", "conversation", "talk_known"),
        **tally.rate("average_talk_time", "talk", "talk_known"),
        **tally.rate("average_wrap_time", "wrap", "wrap_known"),
        **tally.rate("average_hold_time", "hold", "held"),
    }


def handle_measures(leg: Leg) -> dict[str, Number]:
    measures: dict[str, Number] = {
        "inbound": 1,
        "handle": (leg.talk or 0) + (leg.hold or 0) + (leg.wrap or 0),
    }
    if leg.talk is not None:
        measures |= {"talk_known": 1, "talk": leg.talk, "conversation": leg.talk + (leg.hold or 0)}
    if leg.wrap is not None:
        measures |= {"wrap_known": 1, "wrap": leg.wrap}
    if leg.hold is not None and leg.hold > 0:
        measures |= {"held": 1, "hold": leg.hold}
    return measures


def attempts(world: World) -> list[Leg]:
    """Outbound volumes count attempts, i.e. legs (ruling 10)."""
    return [leg for leg in world.legs if leg.direction == "outbound"]


def attempt_scopes(leg: Leg) -> list[Scope]:
    return scopes(
        ("campaign", leg.campaign_id),
        ("team", leg.team),
        ("agent", leg.agent_id),
        ("contact_list", leg.contact_list_id),
    )


def attempt_volumes(world: World) -> Results:
    """Outbound volumes; `agent_abandoned` is a fact of its own, never an abandoned call."""
    sale_campaigns = {
        row.key("campaign_id")
        for row in world.staged["campaigns"].rows
        if (row.text("objective") or "").lower() in ("sale", "sales")
    }
    tally = Tally()
    for leg in attempts(world):
        listed = attempt_scopes(leg)
        tally.add("attempts", listed, leg.day)
        tally.add("reached" if leg.flags.is_human_answered else "unsuccessful", listed, leg.day)
        if leg.outcome == "agent_abandoned":
            tally.add("agent_abandoned", listed, leg.day)
        if leg.campaign_id in sale_campaigns:
            tally.add("sales", listed, leg.day)
    return {
        **tally.count("outbound_calls", "attempts"),
        **tally.count("reached_calls", "reached"),
        **tally.count("unsuccessful_calls", "unsuccessful"),
        **tally.count("agent_abandoned_calls", "agent_abandoned"),
        **tally.count("sales_calls", "sales"),
    }


def per_hour(world: World) -> Results:
    """Outbound attempts per logged-in hour; both sides published in calls and seconds."""
    if not world.staged["agent_states"].rows:
        return {}
    tally = logged_in_seconds(world)
    for leg in attempts(world):
        tally.add("attempts", scopes(("team", leg.team), ("agent", leg.agent_id)), leg.day)
    return tally.rate("outbound_calls_per_hour", "attempts", "logged_in", 3600, only=("all", "team", "agent"))
