"""Leads: where they come from, how fast the lead desk calls them, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callmart.sample import centre as c
from callmart.sample.campaigns import (
    CAMPAIGNS,
    CAMPAIGNS_EACH,
    attempt_outcomes,
    campaign_days,
    unanswered_code,
    working_day,
)
from callmart.sample.centre import DISPOSITION, POSITION, QUEUES_EACH
from callmart.sample.clock import DAY, HOUR, UNKNOWN, Ints, local_days, offset_at, to_utc, weekday_of
from callmart.sample.inbound import pick
from callmart.sample.legs import Array, Legs
from callmart.sample.outbound import Due
from callmart.sample.serving import Staff

INDUSTRIES = (
    "healthcare",
    "telecommunications",
    "finance",
    "retail",
    "education",
    "manufacturing",
    "hospitality",
)
_LAG_MINUTES = (125.0, 16.0, 55.0, 40.0, 90.0, 70.0, 45.0)
"""Median minutes, in opening hours, to the first call; 125 and 16 are the published ones."""
SIZES = ("small", "medium", "enterprise")
STATUSES = ("new", "contacted", "qualified", "converted", "rejected", "duplicate", "spam")
NEW, CONTACTED, QUALIFIED, CONVERTED, REJECTED, DUPLICATE, SPAM = range(7)
ATTEMPTS = 6
_HOURS = (0.3,) * 6 + (0.5, 1.5, 5, 10, 11, 10, 8, 8, 10, 10, 10, 8, 4, 3, 3, 2.5, 2, 1)
"""How many web leads come in each hour of the day."""
_CODES = {
    "SALE": 5, "APPOINTMENT": 7, "INTERESTED": 20, "INFO_SENT": 12, "CALLBACK_AGREED": 13, "UNDECIDED": 13,
    "NOT_INTERESTED": 14, "DO_NOT_CALL": 2, "WRONG_PERSON": 5, "NOT_DECISION_MAKER": 5, "REFUSED_LISTENING":
    4,
}  # fmt: skip
_STOPS = (
    "SALE", "APPOINTMENT", "NOT_INTERESTED", "DO_NOT_CALL", "WRONG_PERSON", "INVALID_NUMBER",
    "REFUSED_LISTENING",
)  # fmt: skip


@dataclass
class Leads:
    """Leads by number in the group; `created_by` is the position of the leg that created one, -1 for none."""

    replica: Ints
    created: Ints
    source: Array
    campaign: Ints
    industry: Array
    size: Array
    created_by: Ints
    is_test: Array
    status: Array
    merged_into: Ints
    owner: Ints
    first_contact: Ints
    qualified: Ints
    converted: Ints

    def __len__(self) -> int:
        return int(self.created.size)


def campaign_of(centre: c.Centre, source: Array, replica: Ints, instants: Ints) -> Ints:
    """The inbound campaign behind a marketing source at an instant, as a number in the group; -1 for none."""
    found = np.full(source.size, -1)
    day = local_days(instants, "Europe/Paris") - centre.first_day
    for position, campaign in enumerate(CAMPAIGNS):
        if campaign.source >= 0:
            first, last = campaign_days(centre, campaign)
            mine = (source == campaign.source) & (day >= first) & (day <= last)
            found[mine] = replica[mine] * CAMPAIGNS_EACH + position
    return found


def collect(
    staff: Staff,
    rng: np.random.Generator,
    inbound: Legs,
    inbound_replica: Ints,
    campaign: Legs,
    first_campaign: int,
) -> Leads:
    """Leads from the web, from inbound sales calls and from prospecting calls.

    `first_campaign` is the position of the first campaign leg among all legs.
    """
    centre = staff.centre
    days = centre.first_day + np.arange(centre.days)
    mean = 8.2 * centre.scale * np.where(weekday_of(days) >= 5, 0.3, 1.0)
    counts = rng.poisson(np.broadcast_to(mean, (centre.replicas, centre.days))).reshape(-1)
    cell = np.repeat(np.arange(counts.size), counts)
    hour = pick(rng, np.array(_HOURS), cell.size)
    local = (centre.first_day + cell % centre.days) * DAY + hour * HOUR + rng.integers(0, HOUR, cell.size)
    web_source = pick(rng, np.array([4, 3, 2.5, 3, 0, 0.8, 1.2, 1, 0, 1.2]), cell.size)

    is_lead = (inbound["outcome"] == c.ANSWERED) & (inbound["source"] >= 0) & (inbound["test"] == 0)
    is_lead &= inbound["queue"] % QUEUES_EACH == POSITION["sales"]
    called = np.flatnonzero(is_lead & (rng.random(len(inbound)) < 0.12))
    created_code = campaign["disposition"] == DISPOSITION["LEAD_CREATED"]
    prospected = np.flatnonzero(created_code & (campaign["test"] == 0))

    created = np.concatenate(
        (to_utc(local, "Europe/Paris"), inbound["ended"][called], campaign["ended"][prospected])
    )
    replica = np.concatenate(
        (cell // centre.days, inbound_replica[called], campaign["campaign"][prospected] // CAMPAIGNS_EACH)
    ).astype(np.int64)
    source = np.concatenate(
        (web_source, inbound["source"][called], np.full(prospected.size, c.SOURCE_OUTBOUND))
    ).astype(np.int8)
    given = np.concatenate((np.full(cell.size + called.size, -1), campaign["campaign"][prospected]))
    created_by = np.concatenate((np.full(cell.size, -1), called, first_campaign + prospected))
    first_contact = np.concatenate(
        (np.full(cell.size, UNKNOWN), inbound["answered"][called], campaign["answered"][prospected])
    )
    order = np.argsort(created, kind="stable")
    created, replica, source, created_by = created[order], replica[order], source[order], created_by[order]
    given, first_contact = given[order], first_contact[order]
    size = created.size
    origin = np.where(given >= 0, given, campaign_of(centre, source, replica, created))
    status = np.full(size, NEW, dtype=np.int8)
    draw = rng.random(size)
    status[(draw < 0.02) & (created_by < 0)] = SPAM
    earlier = np.arange(size) - rng.integers(1, 60, size) * centre.replicas
    twice = (draw > 0.975) & (earlier >= 0) & (created_by < 0)
    twice &= replica[np.maximum(earlier, 0)] == replica
    status[twice] = DUPLICATE
    # What a lead is merged into must itself stand.
    twice &= status[np.maximum(earlier, 0)] == NEW
    merged = np.where(twice, earlier, -1)
    desk = POSITION["lead_desk"]
    post = (
        replica * centre.positions_each + centre.pool_starts[desk] + rng.integers(0, centre.pools[desk], size)
    )
    owner = staff.agent(post, local_days(created, "Europe/Paris"))
    return Leads(
        replica=replica,
        created=created,
        source=source,
        campaign=origin,
        industry=np.where(rng.random(size) < 0.9, rng.integers(0, len(INDUSTRIES), size), -1).astype(np.int8),
        size=np.where(rng.random(size) < 0.88, pick(rng, np.array([6.0, 3, 1.4]), size), -1).astype(np.int8),
        created_by=created_by,
        is_test=((rng.random(size) < 0.008) & (created_by < 0)).astype(np.int8),
        status=status,
        merged_into=merged,
        owner=np.where(rng.random(size) < 0.93, owner, -1),
        first_contact=first_contact,
        qualified=np.full(size, UNKNOWN),
        converted=np.full(size, UNKNOWN),
    )


def _into_hours(rng: np.random.Generator, instants: Ints) -> Ints:
    """The same moment if the lead desk works then (09-18 Paris, working days), else early in its next day."""
    local = instants + offset_at(instants, "Europe/Paris")
    day, second = local // DAY, local % DAY
    late = second >= 17 * HOUR + 1800
    day = day + late
    working = working_day(day)
    early = late | (working != day) | (second < 9 * HOUR)
    second = np.where(early, 9 * HOUR + rng.exponential(2400, day.size).astype(np.int64) % (6 * HOUR), second)
    return to_utc(working * DAY + second, "Europe/Paris")


def lead_calls_due(centre: c.Centre, rng: np.random.Generator, leads: Leads) -> Due:
    """The calls of the lead desk, up to six a lead; the subject is the lead."""
    size = len(leads)
    known = leads.first_contact != UNKNOWN
    called = ~np.isin(leads.status, [SPAM]) & (rng.random(size) < np.where(known, 0.55, 0.95))
    answered = attempt_outcomes(rng, (size, ATTEMPTS), 0.42)
    answered[:, 0] = np.where(rng.random(size) < 0.02, c.INVALID, answered[:, 0])
    flat = answered.reshape(-1)
    code = unanswered_code(flat)
    spoken = flat == c.ANSWERED
    weights = np.array(list(_CODES.values()), dtype=np.float64)
    drawn = pick(rng, weights, int(spoken.sum()))
    code[spoken] = np.array([DISPOSITION[name] for name in _CODES])[drawn]
    stops = np.isin(code, [DISPOSITION[name] for name in _STOPS]).reshape(size, ATTEMPTS)
    code = code.reshape(size, ATTEMPTS)
    limit = rng.integers(2, ATTEMPTS + 1, size)
    made = (np.cumsum(stops, axis=1) - stops == 0) & (np.arange(ATTEMPTS)[None, :] < limit[:, None])
    made &= called[:, None]
    at, turn = np.nonzero(made)
    industry = np.where(leads.industry < 0, 3, leads.industry)
    median = np.array(_LAG_MINUTES)[industry] * 60
    lag = median * np.exp(0.9 * rng.standard_normal(size))
    lag = np.where(known, 2 * DAY + lag, lag).astype(np.int64)
    later = np.cumsum(rng.integers(DAY, 4 * DAY, (size, ATTEMPTS)), axis=1)
    later -= later[:, :1]
    due = _into_hours(rng, leads.created[at] + lag[at] + later[at, turn])
    day = local_days(due, "Europe/Paris") - centre.first_day
    inside = (day >= 0) & (day < centre.days)
    at, turn, due, day = at[inside], turn[inside], due[inside], day[inside]
    return Due(at, leads.replica[at], day, due, answered[at, turn], code[at, turn])


def mark_lead_calls(rng: np.random.Generator, centre: c.Centre, legs: Legs, lead: Ints, leads: Leads) -> None:
    """Make legs the calls of these leads, after which each lead has its contact, its status and its dates."""
    legs.fields["lead"] = lead
    legs.fields["campaign"] = leads.campaign[lead].astype(np.int32)
    legs.fields["called"] = c.PHONE_RANGES[2 + lead % 4] + (lead * 7901 + 77) % 10_000
    _settle(rng, centre, leads, legs)


def _settle(rng: np.random.Generator, centre: c.Centre, leads: Leads, legs: Legs) -> None:
    size = len(leads)
    end = (centre.first_day + centre.days) * DAY
    lead = legs["lead"]
    established = np.isin(legs["disposition"], [DISPOSITION[name] for name in c.ESTABLISHED])
    first = np.where(leads.first_contact == UNKNOWN, np.int64(2**62), leads.first_contact)
    np.minimum.at(first, lead[established], legs["answered"][established])
    leads.first_contact = np.where(first == 2**62, UNKNOWN, first)
    contacted = leads.first_contact != UNKNOWN

    def reached(*codes: str) -> Ints:
        """The last moment a leg of each lead got one of these dispositions, `UNKNOWN` if none did."""
        latest = np.full(size, UNKNOWN)
        chosen = np.isin(legs["disposition"], [DISPOSITION[code] for code in codes])
        np.maximum.at(latest, lead[chosen], legs["ended"][chosen])
        return latest

    sold = reached("SALE")
    met = reached("APPOINTMENT")
    refused = reached("NOT_INTERESTED", "DO_NOT_CALL", "REFUSED_LISTENING")
    later_sale = met + (rng.exponential(16, size) * DAY).astype(np.int64) + 3 * DAY
    later_sale = np.where(
        (met != UNKNOWN) & (rng.random(size) < 0.38) & (later_sale < end), later_sale, UNKNOWN
    )
    converted = np.where(sold != UNKNOWN, sold, later_sale)
    qualifies = contacted & (rng.random(size) < 0.42) & (refused == UNKNOWN)
    qualified = leads.first_contact + (rng.exponential(3.5, size) * DAY).astype(np.int64) + 600
    qualified = np.where(qualifies | (converted != UNKNOWN), qualified, UNKNOWN)
    qualified = np.where(converted != UNKNOWN, np.minimum(qualified, converted), qualified)
    qualified = np.where(qualified < end, qualified, UNKNOWN)
    real = np.isin(leads.status, [NEW])
    leads.qualified = np.where(real, qualified, UNKNOWN)
    leads.converted = np.where(real, converted, UNKNOWN)
    fate = np.full(size, NEW)
    fate[contacted] = CONTACTED
    fate[leads.qualified != UNKNOWN] = QUALIFIED
    fate[refused != UNKNOWN] = REJECTED
    fate[leads.converted != UNKNOWN] = CONVERTED
    leads.status = np.where(real, fate, leads.status).astype(np.int8)
