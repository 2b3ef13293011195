"""Customers and what they do besides calling: orders, tickets, self-service sessions; and what leads
become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callmart.sample import centre as c
from callmart.sample import leads as sources
from callmart.sample.calls import campaign_ids, shifted
from callmart.sample.centre import DISPOSITION, POSITION, QUEUES_EACH
from callmart.sample.clock import DAY, HOUR, UNKNOWN, Ints
from callmart.sample.frame import Frame, constant, flag, ident, instant, money, number, word
from callmart.sample.group import Group
from callmart.sample.inbound import lognormal, pick
from callmart.sample.legs import Array

SEGMENTS = ("home", "mobile", "family", "business")
COUNTRIES = ("FR", "CA")
REGIONS = (
    "Auvergne-Rhône-Alpes", "Hauts-de-France", "Île-de-France", "Occitanie", "Bretagne", "Grand Est",
    "Québec",
)  # fmt: skip
EVENTS = ("activated", "churned", "reactivated")
TICKET_CHANNELS = ("phone", "web", "email", "chat")
PRIORITIES = ("low", "normal", "high", "urgent")
TICKET_STATUSES = ("new", "open", "pending", "solved", "closed", "merged", "deleted")
ORDER_STATUSES = ("confirmed", "cancelled", "refunded")
APPOINTMENT_STATUSES = ("booked", "held", "no_show", "cancelled")
ACTIVITIES = ("call", "email", "sms", "meeting", "info_sent")


@dataclass
class Customers:
    """Customers by number in the group: those of before, then those won by an order."""

    replica: Ints
    created: Ints
    campaign: Ints


@dataclass
class Orders:
    """Orders of the group; `leg`, `lead` and `campaign` are numbers in it, -1 for none."""

    customer: Ints
    lead: Ints
    leg: Ints
    campaign: Ints
    agent: Ints
    ordered: Ints
    status: Array
    cents: Ints
    margin: Ints


def period_end(group: Group) -> int:
    """The instant after which nothing has happened yet."""
    return (group.centre.first_day + group.centre.days) * DAY


def customers_and_orders(group: Group) -> tuple[Customers, Orders]:
    """Who buys: callers of the sales queues, prospects, and renewing customers."""
    rng = group.rng(200)
    centre, legs, leads = group.centre, group.legs, group.leads
    known = centre.customers_each * centre.replicas
    answered = (legs["outcome"] == c.ANSWERED) & (legs["test"] == 0)
    at_sales = (
        answered & (legs["direction"] == c.INBOUND) & (legs["queue"] % QUEUES_EACH == POSITION["sales"])
    )
    called = np.flatnonzero(at_sales & (rng.random(len(legs)) < 0.16))
    sold = np.isin(legs["disposition"], [DISPOSITION["SALE"], DISPOSITION["SALE_UPSELL"]])
    won = np.flatnonzero(sold & (legs["record"] >= 0) & (legs["test"] == 0))
    renews = (legs["disposition"] == DISPOSITION["RENEWED"]) & (rng.random(len(legs)) < 0.6)
    renewed = np.flatnonzero(renews & (legs["test"] == 0))
    # A third of the sales of the lead desk reach the books before their call is linked to them.
    converted = np.flatnonzero(leads.converted != UNKNOWN)
    lead_sale = np.full(len(leads), -1)
    by_lead = np.flatnonzero((legs["lead"] >= 0) & (legs["disposition"] == DISPOSITION["SALE"]))
    lead_sale[legs["lead"][by_lead]] = by_lead

    by_call = np.concatenate((called, won, renewed))
    sale_leg = np.concatenate((by_call, lead_sale[converted]))
    lead = np.concatenate((np.full(called.size + won.size + renewed.size, -1), converted))
    ordered = np.concatenate((legs["ended"][by_call] + 30, leads.converted[converted]))
    replica = np.concatenate((group.replica[by_call], leads.replica[converted])).astype(np.int64)
    campaign = np.concatenate((legs["campaign"][by_call], leads.campaign[converted])).astype(np.int64)
    customer = np.concatenate(
        (
            legs["customer"][called],
            np.full(won.size, -1),
            _someone(rng, group, renewed),
            np.full(converted.size, -1),
        )
    )
    new = np.flatnonzero(customer < 0)
    customer[new] = known + np.arange(new.size)

    span = centre.days * DAY
    old_created = centre.first_day * DAY - rng.integers(0, 5 * 366 * DAY, known)
    recent = rng.random(known) < 0.08
    old_created = np.where(recent, centre.first_day * DAY + rng.integers(0, span, known), old_created)
    customers = Customers(
        replica=np.concatenate((np.repeat(np.arange(centre.replicas), centre.customers_each), replica[new])),
        created=np.concatenate((old_created, ordered[new])),
        campaign=np.concatenate((np.full(known, -1), campaign[new])),
    )
    cents = np.clip(lognormal(rng, np.full(ordered.size, 21_000.0), 0.6), 1_900, 300_000).astype(np.int64)
    status = pick(rng, np.array([0.9, 0.065, 0.035]), ordered.size)
    order = np.argsort(ordered, kind="stable")
    agent = np.where(sale_leg >= 0, legs["agent"][sale_leg], -1)
    linked = np.where((lead >= 0) & (rng.random(lead.size) < 0.33), -1, sale_leg)
    margin = np.where(
        rng.random(ordered.size) < 0.9, cents * rng.integers(20, 56, ordered.size) // 100, UNKNOWN
    )
    return customers, Orders(
        customer[order], lead[order], linked[order], campaign[order], agent[order], ordered[order],
        status[order], cents[order], margin[order],
    )  # fmt: skip


def _someone(rng: np.random.Generator, group: Group, legs: Ints) -> Ints:
    each = group.centre.customers_each
    return group.replica[legs] * each + rng.integers(0, each, legs.size)


def customers(group: Group, people: Customers) -> Frame:
    """One row per customer."""
    rng = group.rng(201)
    size = people.created.size
    abroad = rng.random(size) < 0.09
    region = np.where(abroad, 6, rng.integers(0, 6, size))
    return Frame(
        {
            "customer_id": ident("C", group.base + np.arange(size)),
            "created_at": instant(people.created),
            "segment": word(pick(rng, np.array([4, 3, 2, 1.0]), size), SEGMENTS),
            "country": word(abroad.astype(np.int8), COUNTRIES),
            "region": word(region, REGIONS),
            "birth_year": number(np.where(rng.random(size) < 0.85, rng.integers(1938, 2005, size), UNKNOWN)),
            "gender": word(
                np.where(rng.random(size) < 0.8, rng.integers(0, 2, size), -1), ("female", "male")
            ),
            "acquired_campaign_id": word(people.campaign.astype(np.int32), campaign_ids(group)),
            "source_system": constant(size, "crm"),
        }
    )


def customer_events(group: Group, people: Customers) -> Frame:
    """Activations, departures (12 % a year) and a few returns."""
    rng = group.rng(202)
    end = period_end(group)
    size = people.created.size
    everyone = np.arange(size)
    activated = people.created + rng.integers(60, 2 * DAY, size)
    left = activated + (rng.exponential(366 / 0.12, size) * DAY).astype(np.int64) + DAY
    back = left + rng.integers(15, 120, size) * DAY
    returns = rng.random(size) < 0.15
    who = np.concatenate((everyone, everyone, everyone[returns]))
    when = np.concatenate((activated, left, back[returns]))
    what = np.repeat(np.array([0, 1, 2], dtype=np.int8), [size, size, int(returns.sum())])
    kept = when < end
    order = np.argsort(when[kept], kind="stable")
    who, when, what = who[kept][order], when[kept][order], what[kept][order]
    return Frame(
        {
            "event_id": ident("E", group.base + np.arange(who.size)),
            "customer_id": ident("C", group.base + who),
            "event_type": word(what, EVENTS),
            "occurred_at": instant(when),
            "source_system": constant(who.size, "crm"),
        }
    )


def orders(group: Group, sold: Orders) -> Frame:
    """One row per order."""
    size = sold.ordered.size
    return Frame(
        {
            "order_id": ident("O", group.base + np.arange(size)),
            "customer_id": ident("C", group.base + sold.customer),
            "lead_id": ident("P", shifted(sold.lead, group.base)),
            "call_id": ident("L", shifted(sold.leg, group.base)),
            "campaign_id": word(sold.campaign.astype(np.int32), campaign_ids(group)),
            "agent_id": ident("A", sold.agent),
            "ordered_at": instant(sold.ordered),
            "status": word(sold.status, ORDER_STATUSES),
            "net_amount": money(sold.cents),
            "margin_amount": money(sold.margin),
            "currency": constant(size, "EUR"),
            "source_system": constant(size, "crm"),
            "updated_at": instant(sold.ordered + 3 * HOUR),
        }
    )


def leads(group: Group) -> Frame:
    """One row per lead."""
    found = group.leads
    size = len(found)
    last = np.maximum(
        np.maximum(found.created, found.first_contact), np.maximum(found.qualified, found.converted)
    )
    return Frame(
        {
            "lead_id": ident("P", group.base + np.arange(size)),
            "created_at": instant(found.created),
            "source_channel": word(found.source, c.SOURCES),
            "campaign_id": word(found.campaign.astype(np.int32), campaign_ids(group)),
            "industry": word(found.industry, sources.INDUSTRIES),
            "company_size": word(found.size, sources.SIZES),
            "owner_agent_id": ident("A", found.owner),
            "created_by_call_id": ident("L", shifted(found.created_by, group.base)),
            "is_test": flag(found.is_test),
            "status": word(found.status, sources.STATUSES),
            "first_contact_at": instant(found.first_contact),
            "qualified_at": instant(found.qualified),
            "converted_at": instant(found.converted),
            "merged_into_lead_id": ident("P", shifted(found.merged_into, group.base)),
            "timezone": constant(size, "Europe/Paris"),
            "source_system": constant(size, "crm"),
            "updated_at": instant(last + HOUR),
        }
    )


def lead_activities(group: Group) -> Frame:
    """What was done with leads: the calls as the CRM logs them, automatic e-mails, texts, meetings."""
    rng = group.rng(203)
    found, legs = group.leads, group.legs
    logged = np.flatnonzero((legs["lead"] >= 0) & (legs["direction"] == c.OUTBOUND) & (legs["record"] < 0))
    logged = logged[rng.random(logged.size) < 0.7]
    everyone = np.arange(len(found))
    welcomed = everyone[rng.random(everyone.size) < 0.8]
    contacted = np.flatnonzero(found.first_contact != UNKNOWN)
    informed = contacted[rng.random(contacted.size) < 0.3]
    texted = contacted[rng.random(contacted.size) < 0.12]
    met = np.flatnonzero((found.qualified != UNKNOWN) & (rng.random(everyone.size) < 0.35))
    lead = np.concatenate((legs["lead"][logged], welcomed, informed, texted, met))
    at = np.concatenate(
        (
            legs["started"][logged] + rng.integers(0, 200, logged.size),
            found.created[welcomed] + rng.integers(5, 90, welcomed.size),
            found.first_contact[informed] + rng.integers(600, 2 * DAY, informed.size),
            found.first_contact[texted] + rng.integers(HOUR, 6 * DAY, texted.size),
            found.qualified[met] + rng.integers(HOUR, 9 * DAY, met.size),
        )
    )
    kind = np.repeat(
        np.array([0, 1, 4, 2, 3]), [logged.size, welcomed.size, informed.size, texted.size, met.size]
    )
    agent = np.where(kind == 1, -1, found.owner[lead])
    agent[: logged.size] = legs["agent"][logged]
    code = np.full(lead.size, -1)
    code[: logged.size] = legs["disposition"][logged]
    order = np.argsort(at, kind="stable")
    order = order[at[order] < period_end(group)]
    size = order.size
    return Frame(
        {
            "activity_id": ident("V", group.base + np.arange(size)),
            "lead_id": ident("P", group.base + lead[order]),
            "activity_type": word(kind[order], ACTIVITIES),
            "occurred_at": instant(at[order]),
            "agent_id": ident("A", agent[order]),
            "disposition_code": word(code[order], c.DISPOSITIONS),
            "is_automated": flag((kind[order] == 1).astype(np.int8)),
            "source_system": constant(size, "crm"),
        }
    )


def appointments(group: Group) -> Frame:
    """Appointments booked by campaign calls and by the lead desk."""
    rng = group.rng(204)
    legs = group.legs
    booked = np.flatnonzero((legs["disposition"] == DISPOSITION["APPOINTMENT"]) & (legs["test"] == 0))
    size = booked.size
    planned = legs["ended"][booked] + rng.integers(2, 16, size) * DAY
    planned = planned // HOUR * HOUR
    status = np.array([1, 2, 3])[pick(rng, np.array([0.72, 0.17, 0.11]), size)]
    status = np.where(planned >= period_end(group), 0, status)
    return Frame(
        {
            "appointment_id": ident("M", group.base + np.arange(size)),
            "lead_id": ident("P", shifted(legs["lead"][booked], group.base)),
            "call_id": ident("L", group.base + booked),
            "agent_id": ident("A", legs["agent"][booked]),
            "booked_at": instant(legs["ended"][booked]),
            "scheduled_for": instant(planned),
            "status": word(status, APPOINTMENT_STATUSES),
            "source_system": constant(size, "crm"),
        }
    )


def opportunities(group: Group, sold: Orders) -> Frame:
    """Deals in the pipe: won ones for converted leads, open or lost ones for other qualified leads."""
    rng = group.rng(205)
    found = group.leads
    end = period_end(group)
    converted = found.converted != UNKNOWN
    lead = np.flatnonzero((found.qualified != UNKNOWN) & (converted | (rng.random(len(found)) < 0.7)))
    size = lead.size
    won = converted[lead]
    lost = found.qualified[lead] + (rng.exponential(35, size) * DAY).astype(np.int64) + DAY
    closed = np.where(won, found.converted[lead], np.where(lost < end, lost, UNKNOWN))
    buyer = np.full(len(found), -1)
    buyer[sold.lead[sold.lead >= 0]] = sold.customer[sold.lead >= 0]
    cents = np.clip(lognormal(rng, np.full(size, 90_000.0), 0.8), 5_000, 2_000_000).astype(np.int64)
    return Frame(
        {
            "opportunity_id": ident("D", group.base + np.arange(size)),
            "lead_id": ident("P", group.base + lead),
            "customer_id": ident("C", shifted(buyer[lead], group.base)),
            "campaign_id": word(found.campaign[lead].astype(np.int32), campaign_ids(group)),
            "created_at": instant(found.qualified[lead]),
            "closed_at": instant(closed),
            "is_won": flag(np.where(closed == UNKNOWN, -1, won).astype(np.int8)),
            "amount": money(cents),
            "currency": constant(size, "EUR"),
            "source_system": constant(size, "crm"),
        }
    )


@dataclass
class Tickets:
    """Tickets of the group, and the leg each came from (-1: written by the customer)."""

    leg: Ints
    customer: Ints
    created: Ints
    replied: Ints
    solved: Ints
    status: Array
    agent: Ints


def make_tickets(group: Group) -> Tickets:
    """Tickets opened during calls, which then carry their id, and tickets from the web."""
    rng = group.rng(206)
    centre, legs = group.centre, group.legs
    end = period_end(group)
    served = (legs["outcome"] == c.ANSWERED) & (legs["direction"] == c.INBOUND) & (legs["test"] == 0)
    kinds = [POSITION[name] for name in ("support", "billing", "messages", "premium", "technical")]
    served &= np.isin(legs["queue"] % QUEUES_EACH, kinds)
    from_call = np.flatnonzero(served & (rng.random(len(legs)) < 0.16))
    written = rng.poisson(3.5 * centre.scale * centre.days * centre.replicas)
    leg = np.concatenate((from_call, np.full(written, -1)))
    created = np.concatenate(
        (legs["ended"][from_call] - 20, rng.integers(centre.first_day * DAY, end, written))
    )
    created[: from_call.size] = np.maximum(created[: from_call.size], legs["started"][from_call])
    customer = np.concatenate(
        (legs["customer"][from_call], rng.integers(0, centre.customers_each * centre.replicas, written))
    )
    size = leg.size
    order = np.argsort(created, kind="stable")
    leg, created, customer = leg[order], created[order], customer[order]
    replied = created + (rng.exponential(5, size) * HOUR).astype(np.int64) + 120
    replied[(replied >= end) | (rng.random(size) < 0.06)] = UNKNOWN
    solved = np.maximum(replied, created) + (rng.exponential(34, size) * HOUR).astype(np.int64) + 60
    solved[(solved >= end) | (rng.random(size) < 0.05)] = UNKNOWN
    closed = (solved != UNKNOWN) & (solved + 4 * DAY < end)
    waiting = np.where(rng.random(size) < 0.4, 2, 1)
    status = np.where(closed, 4, np.where(solved != UNKNOWN, 3, np.where(replied == UNKNOWN, 0, waiting)))
    fate = rng.random(size)
    status = np.where(fate < 0.015, 5, np.where(fate < 0.025, 6, status)).astype(np.int8)
    legs.fields["ticket"][leg[leg >= 0]] = np.flatnonzero(leg >= 0)
    support = POSITION["support"]
    post = customer.clip(0) // centre.customers_each % centre.replicas * centre.positions_each
    post = post + centre.pool_starts[support] + rng.integers(0, centre.pools[support], size)
    agent = np.where(leg >= 0, legs["agent"][leg], group.staff.agent(post, created // DAY))
    agent[replied == UNKNOWN] = -1
    return Tickets(leg, customer, created, replied, solved, status, agent)


def tickets(group: Group, made: Tickets) -> Frame:
    """One row per ticket."""
    rng = group.rng(207)
    legs = group.legs
    size = made.created.size
    escalated = rng.random(size) < 0.09
    hard = rng.random(size) < 0.3
    replies = np.where(made.replied == UNKNOWN, 0, 1 + rng.poisson(np.where(hard | escalated, 2.2, 0.25)))
    reopens = np.where(made.solved == UNKNOWN, 0, rng.poisson(0.07, size))
    feature = np.where(made.leg >= 0, legs["feature"][made.leg], rng.integers(-1, len(c.FEATURES), size))
    queue = np.where(made.leg >= 0, legs["queue"][made.leg], -1)
    by_message = np.where(legs["channel"][made.leg] > 0, np.where(legs["channel"][made.leg] == 1, 3, 2), 0)
    channel = np.where(made.leg >= 0, by_message, np.where(rng.random(size) < 0.6, 1, 2))
    closed = np.where((made.status == 4) & (made.solved != UNKNOWN), made.solved + 4 * DAY, UNKNOWN)
    return Frame(
        {
            "ticket_id": ident("T", group.base + np.arange(size)),
            "customer_id": ident("C", shifted(made.customer, group.base)),
            "channel": word(channel, TICKET_CHANNELS),
            "priority": word(pick(rng, np.array([2, 6, 1.5, 0.5]), size), PRIORITIES),
            "queue_id": word(queue.astype(np.int32), group.centre.queue_ids),
            "agent_id": ident("A", made.agent),
            "created_at": instant(made.created),
            "first_reply_at": instant(made.replied),
            "solved_at": instant(made.solved),
            "closed_at": instant(closed),
            "status": word(made.status, TICKET_STATUSES),
            "agent_replies": number(replies),
            "reopens": number(reopens),
            "is_escalated": flag(escalated.astype(np.int8)),
            "is_complaint": flag((rng.random(size) < 0.08).astype(np.int8)),
            "product_feature": word(feature, c.FEATURES),
            "source_system": constant(size, "helpdesk"),
            "updated_at": instant(np.maximum(np.maximum(made.created, made.replied), made.solved) + 600),
        }
    )


def selfservice_sessions(group: Group) -> Frame:
    """Sessions of customers on their own, among them those that an agent sent there."""
    rng = group.rng(208)
    centre, legs = group.centre, group.legs
    end = period_end(group)
    sent = np.flatnonzero((legs["redirected"] >= 0) & (legs["customer"] >= 0))
    sent = sent[rng.random(sent.size) < 0.6]
    alone = rng.poisson(14 * centre.scale * centre.days * centre.replicas)
    customer = np.concatenate(
        (legs["customer"][sent], rng.integers(0, centre.customers_each * centre.replicas, alone))
    )
    customer[sent.size :][rng.random(alone) < 0.3] = -1
    started = np.concatenate(
        (
            legs["ended"][sent] + rng.exponential(3 * HOUR, sent.size).astype(np.int64) + 60,
            rng.integers(centre.first_day * DAY, end, alone),
        )
    )
    channel = np.concatenate((legs["redirected"][sent], rng.integers(0, len(c.REDIRECTS), alone)))
    order = np.argsort(started, kind="stable")
    order = order[started[order] < end]
    size = order.size
    completed = rng.random(size) < 0.71
    moved = ~completed & (rng.random(size) < 0.4)
    return Frame(
        {
            "session_id": ident("S", group.base + np.arange(size)),
            "customer_id": ident("C", shifted(customer[order], group.base)),
            "channel": word(channel[order], c.REDIRECTS),
            "started_at": instant(started[order]),
            "is_completed": flag(completed.astype(np.int8)),
            "transferred_to_agent": flag(moved.astype(np.int8)),
            "source_system": constant(size, "web"),
        }
    )
