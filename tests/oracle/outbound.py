"""Outbound.

What attempts reach, what contacts become, and what is made of the files called (reached, conversion...).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field

from .calls import attempt_scopes, attempts
from .contract import Row
from .conversions import Conversions
from .leads import Leads
from .periods import GRAINS, period_start
from .tally import Cell, Number, Results, Tally, as_count, scopes
from .world import Leg, World

OUTBOUND_RATES: tuple[tuple[str, str, str, int], ...] = (
    ("dialing_efficiency", "connected", "attempts", 100),
    ("response_rate", "human", "attempts", 100),
    ("contact_rate", "contacts", "attempts", 100),
    ("argumentation_rate", "argued", "human", 100),
    ("agreement_rate", "agreed", "argued", 100),
    ("rejection_rate", "refused", "contacts", 100),
    ("exploitation_rate_per_call", "argued", "attempts", 100),
    ("conversion_rate_per_call", "conversions", "attempts", 100),
    ("sales_transformation_rate", "sales", "attempts", 100),
    ("appointment_rate", "appointments", "attempts", 100),
    ("average_call_duration", "conversation", "attempts", 1),
    ("average_connected_call_duration", "reached_conversation", "reached_known", 1),
    ("contact_rate_per_record", "records_contacted", "records_called", 100),
)


def outbound_kpis(world: World) -> Results:
    leads = Leads(world)
    conversions = Conversions(world, leads)
    persons = Persons(world, leads)
    return {
        **attempt_kpis(world, conversions, persons),
        **call_conversions(world, conversions),
        **records_processed(world),
        **file_kpis(world),
        **campaign_kpis(world, conversions, persons),
    }


class Persons:
    """Who a call was to: the person of the record called, else the lead, else the customer.

    None when unknown.
    """

    def __init__(self, world: World, leads: Leads) -> None:
        self.leads = leads
        self.keys = {
            row.key("contact_record_id"): person_key(row) for row in world.staged["contact_records"].rows
        }

    def of(self, leg: Leg) -> tuple[str, str] | None:
        if leg.contact_record_id is not None:
            return "person", self.keys.get(leg.contact_record_id, leg.contact_record_id)
        if leg.lead_id is not None:
            return "lead", self.leads.survivor(leg.lead_id)
        return ("customer", leg.customer_id) if leg.customer_id is not None else None


def person_key(record: Row) -> str:
    return record.text("person_key") or record.key("contact_record_id")


def attempt_kpis(world: World, conversions: Conversions, persons: Persons) -> Results:
    tally = Tally()
    for leg in attempts(world):
        listed = attempt_scopes(leg)
        tally.add_all(attempt_measures(leg, conversions), listed, leg.day)
        if leg.contact_record_id is not None:
            tally.collect("records_called", listed, leg.day, leg.contact_record_id)
            if leg.flags.is_contact_established:
                tally.collect("records_contacted", listed, leg.day, leg.contact_record_id)
    results = person_conversions(world, conversions, persons)
    for kpi_id, numerator, denominator, multiplier in OUTBOUND_RATES:
        results |= tally.rate(kpi_id, numerator, denominator, multiplier)
    results |= tally.rate("dialer_drop_rate", "dropped", "human", 100, only=("all", "campaign"))
    return results


def attempt_measures(leg: Leg, conversions: Conversions) -> dict[str, Number]:
    """The four nested levels of reached, and what the attempt ended in."""
    flags = leg.flags
    parts = {
        "attempts": True,
        "connected": flags.is_connected,
        "human": flags.is_human_answered,
        "contacts": flags.is_contact_established,
        "argued": flags.is_argued,
        "agreed": flags.is_argued and flags.is_positive,
        "refused": flags.is_contact_established and (flags.is_refusal or flags.is_do_not_call),
        "dropped": flags.is_human_answered and leg.outcome == "dialer_dropped",
        "sales": conversions.is_sale(leg),
        "appointments": conversions.is_appointment(leg),
        "conversions": conversions.is_conversion(leg),
    }
    measures: dict[str, Number] = {name: 1 for name, holds in parts.items() if holds}
    if leg.talk is not None:
        conversation = leg.talk + (leg.hold or 0)
        measures["conversation"] = conversation
        if flags.is_human_answered:
            measures |= {"reached_known": 1, "reached_conversation": conversation}
    return measures


def person_conversions(world: World, conversions: Conversions, persons: Persons) -> Results:
    """Contacted prospects, and those of them converted, both in the period: once per campaign."""
    united: defaultdict[Cell, tuple[set[Hashable], set[Hashable]]] = defaultdict(lambda: (set(), set()))
    for leg in attempts(world):
        person = persons.of(leg)
        if person is None:
            continue
        member = (leg.campaign_id, person)
        for scope in attempt_scopes(leg):
            for grain in GRAINS:
                contacted, converted = united[scope, grain, period_start(grain, leg.day)]
                if leg.flags.is_contact_established:
                    contacted.add(member)
                if conversions.is_conversion(leg):
                    converted.add(member)
    results: Results = {}
    for (scope, grain, start), (contacted, converted) in united.items():
        numerator, denominator = len(contacted & converted), len(contacted)
        value = 100 * numerator / denominator if denominator else None
        results["conversion_rate_per_contact", grain, start, *scope] = (numerator, denominator, value)
    return results


def call_conversions(world: World, conversions: Conversions) -> Results:
    """Any direction: handled inbound legs and outbound attempts."""
    tally = Tally()
    for leg in world.legs:
        if leg.is_inbound and not leg.is_handled:
            continue
        listed = scopes(
            ("campaign", leg.campaign_id),
            ("source_channel", leg.source_channel),
            ("team", leg.team),
            ("agent", leg.agent_id),
        )
        tally.add("calls", listed, leg.day)
        if conversions.is_conversion(leg):
            tally.add("conversions", listed, leg.day)
    return tally.rate("call_conversion_rate", "conversions", "calls", 100)


@dataclass
class Processing:
    """What the calls of one period did to one record."""

    calls: int = 0
    hours: set[int] = field(default_factory=set)
    is_final: bool = False


def records_processed(world: World) -> Results:
    """Per record and campaign: a final disposition, or enough calls in as many distinct local clock hours.

    The final disposition a record itself carries counts on the day of the record's last call.
    """
    known = world.seeds.dispositions
    closed = {
        row.key("contact_record_id")
        for row in world.staged["contact_records"].rows
        if (code := row.text("final_disposition_code")) in known and known[code].is_final
    }
    last_call = {leg.contact_record_id: leg.call_id for leg in attempts(world)}
    found: defaultdict[Cell, defaultdict[Hashable, Processing]] = defaultdict(lambda: defaultdict(Processing))
    for leg in attempts(world):
        record = leg.contact_record_id
        if record is None:
            continue
        is_final = leg.flags.is_final or (record in closed and last_call[record] == leg.call_id)
        for scope in scopes(("campaign", leg.campaign_id), ("contact_list", leg.contact_list_id)):
            for grain in GRAINS:
                processing = found[scope, grain, period_start(grain, leg.day)][leg.campaign_id, record]
                processing.calls += 1
                processing.hours.add(leg.hour)
                processing.is_final |= is_final
    enough = world.settings.attempts_to_process
    totals: dict[Cell, Number] = {
        cell: sum(one.is_final or min(one.calls, len(one.hours)) >= enough for one in records.values())
        for cell, records in found.items()
    }
    return as_count("records_processed", totals)


def file_kpis(world: World) -> Results:
    """Records on the day their list was supplied; the denominator keeps duplicates."""
    lists = {row.key("contact_list_id"): row for row in world.rows("contact_lists", "supplied_at")}
    tally = Tally()
    for record in world.staged["contact_records"].rows:
        supplied = lists.get(record.key("contact_list_id"))
        if supplied is None:
            continue
        day = world.day(supplied.moment("supplied_at"))
        list_id, campaign_id = supplied.key("contact_list_id"), supplied.text("campaign_id")
        listed = scopes(("campaign", campaign_id), ("contact_list", list_id))
        tally.add("records", listed, day)
        if record.text("validity") == "valid":
            tally.add("usable", listed, day)
    if not tally.daily["records"]:
        return {}
    for leg in attempts(world):
        if leg.flags.is_argued:
            listed = scopes(("campaign", leg.campaign_id), ("contact_list", leg.contact_list_id))
            tally.add("argued", listed, leg.day)
    return {
        **tally.rate("file_quality", "usable", "records", 100),
        **tally.rate("exploitation_rate_per_record", "argued", "records", 100),
    }


def campaign_kpis(world: World, conversions: Conversions, persons: Persons) -> Results:
    """A campaign counts on its first day, with all the persons it contacted and converted by `as_of`."""
    contacted: defaultdict[tuple[str, str | None], set[Hashable]] = defaultdict(set)
    converted: defaultdict[str | None, set[Hashable]] = defaultdict(set)
    for leg in attempts(world):
        person = persons.of(leg)
        if person is None:
            continue
        if leg.flags.is_contact_established:
            contacted["campaign", leg.campaign_id].add(person)
            contacted["contact_list", leg.contact_list_id].add(person)
        if conversions.is_conversion(leg):
            converted[leg.campaign_id].add(person)

    of_list, valid_of_list = persons_of_lists(world)
    lists: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in world.staged["contact_lists"].rows:
        supplied_at = row.instant("supplied_at")
        if supplied_at is None or supplied_at <= world.as_of:
            lists[row.text("campaign_id")].append(row.key("contact_list_id"))
    tally = Tally()
    for row in world.staged["campaigns"].rows:
        campaign_id, day = row.key("campaign_id"), row.day("starts_on")
        if day is None or day > world.as_of_day:
            continue
        own_lists = lists[campaign_id]
        targeted = row.integer("persons_targeted")
        pushed = row.integer("persons_pushed")
        if targeted is None:
            targeted = len(set().union(*(of_list[list_id] for list_id in own_lists)))
        if pushed is None:
            pushed = len(set().union(*(valid_of_list[list_id] for list_id in own_lists)))
        amounts: dict[str, Number] = {
            "targeted": targeted,
            "pushed": pushed,
            "contacted": len(contacted["campaign", campaign_id]),
            "converted": len(converted[campaign_id]),
        }
        tally.add_all(amounts, scopes(("campaign", campaign_id)), day)
        for list_id in own_lists:
            own = [("contact_list", list_id)]
            tally.add("targeted", own, day, len(of_list[list_id]))
            tally.add("contacted", own, day, len(contacted["contact_list", list_id]))
    return {
        **tally.rate("conversion_rate_per_targeted", "converted", "pushed", 100, only=("all", "campaign")),
        **tally.rate("penetration_rate", "contacted", "targeted", 100),
    }


def persons_of_lists(world: World) -> tuple[defaultdict[str, set[str]], defaultdict[str, set[str]]]:
    """The distinct persons of each list, and those of its valid records."""
    every: defaultdict[str, set[str]] = defaultdict(set)
    valid: defaultdict[str, set[str]] = defaultdict(set)
    for record in world.staged["contact_records"].rows:
        every[record.key("contact_list_id")].add(person_key(record))
        if record.text("validity") == "valid":
            valid[record.key("contact_list_id")].add(person_key(record))
    return every, valid
