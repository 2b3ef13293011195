"""The tables that come straight from the simulated calls: calls, agents, their states, queues, campaigns,
lists."""

from __future__ import annotations

import numpy as np

from callmart.sample import centre as c
from callmart.sample.campaigns import CAMPAIGNS, CAMPAIGNS_EACH, VALIDITY, campaign_days
from callmart.sample.centre import QUEUES, QUEUES_EACH
from callmart.sample.clock import UNKNOWN, Ints, local_days
from callmart.sample.frame import Frame, constant, day, flag, ident, instant, money, number, phone, word
from callmart.sample.group import Group
from callmart.sample.legs import Array

STATES = ("available", "on_contact", "wrap", "break", "training", "meeting", "offline", "other")
AVAILABLE, ON_CONTACT, WRAP, BREAK, TRAINING, MEETING, OFFLINE, OTHER = range(8)
QUIET = 480
VERY_QUIET = 2400
"""Seconds without a call for which agents do something else than wait."""
REPORTED_DAYS = 28
"""How many of the last days the telephone system still reports."""
_FIRST_NAMES = (
    "Alix", "Basile", "Capucine", "Dorian", "Elio", "Faustine", "Gaspard", "Honorine", "Isaure", "Joachim",
    "Kelig",
    "Lilou", "Maelys", "Nino", "Ombeline", "Pacome", "Quitterie", "Romane", "Sixtine", "Titouan", "Ulysse",
    "Violaine",
    "Wandrille", "Xaviera", "Ysaline", "Zephyr",
)  # fmt: skip
_LAST_NAMES = (
    "Exemple",
    "Modele",
    "Fictif",
    "Specimen",
    "Maquette",
    "Esquisse",
    "Brouillon",
    "Canevas",
    "Ebauche",
    "Gabarit",
)


def shifted(numbers: Array, base: int) -> Ints:
    """Numbers counted in the group made unique in the sample; negative ones stay null."""
    return np.where(numbers >= 0, numbers + base, -1)


def campaign_ids(group: Group) -> list[str]:
    """The id of each campaign of the group, by replica then position."""
    first = group.centre.first_replica
    return [
        f"CMP-{(first + replica) * CAMPAIGNS_EACH + position + 1:03d}"
        for replica in range(group.centre.replicas)
        for position in range(CAMPAIGNS_EACH)
    ]


def calls(group: Group) -> Frame:
    """One row per call leg."""
    legs = group.legs
    size = len(legs)
    rng = group.rng(100)
    base = group.base
    spoken = np.where(legs["talk"] == UNKNOWN, 0, legs["talk"])
    abroad = legs["queue"] % QUEUES_EACH == c.POSITION["quebec"]
    outbound = legs["direction"] == c.OUTBOUND
    cost = np.where(outbound, 2 + (legs["ended"] - legs["started"]) * 3 // 60, 1 + spoken * 2 // 60)
    cost[(legs["direction"] == c.INTERNAL) | (legs["channel"] > 0)] = UNKNOWN
    delay = rng.integers(60, 900, size)
    recorded = legs["recorded"] == 1
    return Frame(
        {
            "call_id": ident("L", base + np.arange(size)),
            "interaction_id": ident("I", base + legs["contact"]),
            "previous_call_id": ident("L", shifted(legs["previous"], base)),
            "direction": word(legs["direction"], c.DIRECTIONS),
            "channel": word(legs["channel"], c.CHANNELS),
            "outcome": word(legs["outcome"], c.OUTCOMES),
            "started_at": instant(legs["started"]),
            "queued_at": instant(legs["queued"]),
            "answered_at": instant(legs["answered"]),
            "ended_at": instant(legs["ended"]),
            "ivr_seconds": number(legs["ivr"]),
            "wait_seconds": number(legs["wait"]),
            "ring_seconds": number(legs["ring"]),
            "talk_seconds": number(legs["talk"]),
            "hold_seconds": number(legs["hold"]),
            "wrap_seconds": number(legs["wrap"]),
            "queue_id": word(legs["queue"], group.centre.queue_ids),
            "agent_id": ident("A", legs["agent"]),
            "customer_id": ident("C", shifted(legs["customer"], base)),
            "lead_id": ident("P", shifted(legs["lead"], base)),
            "campaign_id": word(legs["campaign"], campaign_ids(group)),
            "contact_list_id": ident("CL", shifted(legs["contact_list"], base)),
            "contact_record_id": ident("R", shifted(legs["record"], base)),
            "ticket_id": ident("T", shifted(legs["ticket"], base)),
            "from_number": phone(legs["caller"]),
            "to_number": phone(legs["called"]),
            "source_channel": word(legs["source"], c.SOURCES),
            "dialled_number": phone(legs["dialled"]),
            "disposition_code": word(legs["disposition"], c.DISPOSITIONS),
            "contact_reason": word(legs["reason"], c.REASONS),
            "product_feature": word(legs["feature"], c.FEATURES),
            "is_resolved": flag(legs["resolved"]),
            "is_escalated": flag(legs["escalated"]),
            "is_recorded": flag(legs["recorded"]),
            "is_test": flag(legs["test"]),
            "is_callback": flag(legs["callback"]),
            "redirected_to": word(legs["redirected"], c.REDIRECTS),
            "disconnected_by": word(legs["disconnected"], c.PARTIES),
            "recording_url": ident(
                "https://recordings.example/call/", np.where(recorded, base + np.arange(size), -1)
            ),
            "cost_amount": money(cost),
            "currency": word(np.where(cost == UNKNOWN, -1, np.where(abroad, 1, 0)), ("EUR", "CAD")),
            "source_system": word(np.where(outbound, 1, 0), ("acd", "dialler")),
            "updated_at": instant(legs["ended"] + delay),
        }
    )


def agents(group: Group) -> Frame:
    """One row per agent and stretch of time in a team; three agents in ten change team once."""
    centre = group.centre
    rng = group.rng(101)
    posts = np.arange(centre.posts)
    home = np.repeat(np.arange(QUEUES_EACH), centre.pools)[posts % centre.positions_each]
    replaced = group.staff.replaced_on
    ends = replaced < centre.first_day + centre.days
    before = centre.first_day - rng.integers(20, 2000, centre.posts)
    moves = rng.random(centre.posts) < 0.3
    moved_on = centre.first_day + rng.integers(
        centre.days // 4, max(centre.days // 4 + 1, centre.days), centre.posts
    )
    moved_on = np.minimum(moved_on, np.where(ends, replaced - 1, moved_on))
    second = np.flatnonzero(ends)
    movers = np.flatnonzero(moves)
    post = np.concatenate((posts, second, movers))
    number_of = group.staff.first_number + 2 * post
    number_of[posts.size : posts.size + second.size] += 1
    hired = np.concatenate((before, replaced[second] - 12, before[movers]))
    left = np.concatenate(
        (
            np.where(ends, replaced, UNKNOWN),
            np.full(second.size, UNKNOWN),
            np.where(ends, replaced, UNKNOWN)[movers],
        )
    )
    valid_from = np.concatenate((before, replaced[second] - 12, moved_on[movers]))
    # Those who move join the other team of the same work; the teams of a replica are named after its sites.
    teams = [
        f"{QUEUES[kind].team} {letter} {centre.site(QUEUES[kind].site, replica)}"
        for replica in range(centre.replicas)
        for kind in range(QUEUES_EACH)
        for letter in ("A", "B")
    ]
    letter_b = (
        posts - posts // centre.positions_each * centre.positions_each - centre.pool_starts[home]
    ) % 7 >= 6
    team_b = np.concatenate((letter_b, letter_b[second], ~letter_b[movers]))
    team = ((post // centre.positions_each) * QUEUES_EACH + home[post]) * 2 + team_b
    sites = [
        centre.site(QUEUES[kind].site, replica)
        for replica in range(centre.replicas)
        for kind in range(QUEUES_EACH)
    ]
    names = [f"{first} {last}" for last in _LAST_NAMES for first in _FIRST_NAMES]
    languages = sorted({queue.language for queue in QUEUES})
    language = np.array([languages.index(queue.language) for queue in QUEUES])[home[post]]
    size = post.size
    return Frame(
        {
            "agent_id": ident("A", number_of),
            "agent_name": word(number_of * 37 % len(names), names),
            "team_id": word(team, teams),
            "site": word(post // centre.positions_each * QUEUES_EACH + home[post], sites),
            "language": word(language, languages),
            "hired_on": day(hired),
            "left_on": day(left),
            "valid_from": day(valid_from),
            "source_system": constant(size, "workforce"),
        }
    )


def agent_states(group: Group) -> Frame:
    """What each agent did, from login to logout, as the calls and the half shifts tell it.

    A centre of this size blends its work: the middle of a quiet stretch is spent on written files, that of a very
    quiet one logged out, in another department.
    """
    legs, shifts = group.legs, group.shifts
    busy = np.flatnonzero(legs["shift"] >= 0)
    busy = busy[np.lexsort((legs["busy_from"][busy], legs["shift"][busy]))]
    shift = legs["shift"][busy]
    begin, until = legs["busy_from"][busy], legs["busy_until"][busy]
    first = np.concatenate(([True], shift[1:] != shift[:-1])) if shift.size else np.zeros(0, dtype=np.bool_)
    idle_from = np.where(first, shifts.start[shift], np.concatenate(([0], until[:-1])))
    last_free = shifts.start.copy()
    np.maximum.at(last_free, shift, until)
    every = np.arange(shifts.agent.size)
    over = np.maximum(last_free, shifts.end)

    # The next half shift of the same agent ends the break, or the night at home.
    order = np.lexsort((shifts.logged_in, shifts.agent))
    following = np.full(every.size, UNKNOWN)
    same = shifts.agent[order][1:] == shifts.agent[order][:-1]
    following[order[:-1][same]] = shifts.logged_in[order][1:][same]
    pause = np.where(shifts.is_second, OFFLINE, BREAK)
    lesson = np.flatnonzero(shifts.lesson >= 0)

    contact_end = legs["ended"][busy]
    queue = np.where(legs["queue"][busy] >= 0, legs["queue"][busy], -1)
    home = shifts.queue
    free_shift = np.concatenate((shift, every))
    free_from, free_to = np.concatenate((idle_from, last_free)), np.concatenate((begin, over))
    files = free_to - free_from > QUIET
    files_from = np.where(files, free_from + QUIET // 3, free_to)
    files_to = np.where(files, free_to - 60, free_to)
    elsewhere = np.where(free_to - free_from > VERY_QUIET, OFFLINE, OTHER)
    no_queue = np.full(free_shift.size, -1)
    pieces = (
        (shift, begin, contact_end, np.full(busy.size, ON_CONTACT), queue),
        (shift, contact_end, until, np.full(busy.size, WRAP), queue),
        (free_shift, free_from, files_from, np.full(free_shift.size, AVAILABLE), home[free_shift]),
        (free_shift, files_from, files_to, elsewhere, no_queue),
        (free_shift, files_to, free_to, np.full(free_shift.size, AVAILABLE), home[free_shift]),
        (every, over, following, pause, np.full(every.size, -1)),
        (lesson, shifts.logged_in[lesson], shifts.start[lesson], TRAINING + shifts.lesson[lesson],
         np.full(lesson.size, -1)),
    )  # fmt: skip
    owner, start, end, state, queue = (np.concatenate(values) for values in zip(*pieces, strict=True))
    kept = (end == UNKNOWN) | (end > start)
    owner, start, end, state, queue = owner[kept], start[kept], end[kept], state[kept], queue[kept]
    order = np.lexsort((start, shifts.agent[owner]))
    owner, start, end, state, queue = owner[order], start[order], end[order], state[order], queue[order]
    return Frame(
        {
            "agent_id": ident("A", shifts.agent[owner]),
            "started_at": instant(start),
            "ended_at": instant(end),
            "queue_id": word(queue.astype(np.int32), group.centre.queue_ids),
            "state": word(state.astype(np.int8), STATES),
            "source_system": constant(state.size, "acd"),
        }
    )


def queues(group: Group) -> Frame:
    """One row per queue; desks that only dial out have none."""
    centre = group.centre
    kind = np.tile(np.array(c.RECEIVING), centre.replicas)
    replica = np.repeat(np.arange(centre.replicas), len(c.RECEIVING))
    place = replica * QUEUES_EACH + kind
    sites = [
        centre.site(QUEUES[position].site, replica)
        for replica in range(centre.replicas)
        for position in range(QUEUES_EACH)
    ]
    return Frame(
        {
            "queue_id": word(place, centre.queue_ids),
            "queue_name": word(kind, [queue.label for queue in QUEUES]),
            "site": word(place, sites),
            "timezone": word(kind, [queue.zone for queue in QUEUES]),
            "business_hours_id": word(kind, [queue.hours for queue in QUEUES]),
            "tier": number(np.array([queue.tier for queue in QUEUES])[kind]),
            "language": word(kind, [queue.language for queue in QUEUES]),
            "source_system": constant(kind.size, "acd"),
        }
    )


def campaigns(group: Group) -> Frame:
    """One row per campaign."""
    centre = group.centre
    position = np.tile(np.arange(CAMPAIGNS_EACH), centre.replicas)
    size = position.size
    span = np.array([campaign_days(centre, campaign) for campaign in CAMPAIGNS]) + centre.first_day
    records = np.bincount(
        group.lists.list_campaign[group.lists.record_list], minlength=CAMPAIGNS_EACH * centre.replicas
    )
    valid = np.bincount(
        group.lists.list_campaign[group.lists.record_list[group.lists.validity == 0]], minlength=records.size
    )
    stated = np.isin(position, [0, 2, 3, 5])
    # A campaign without an end goes on after the period.
    ends = np.where(np.array([campaign.ends for campaign in CAMPAIGNS]) >= 1, UNKNOWN, span[:, 1])
    objectives = sorted({campaign.objective for campaign in CAMPAIGNS})
    kinds = sorted({campaign.kind for campaign in CAMPAIGNS})
    return Frame(
        {
            "campaign_id": word(np.arange(size), campaign_ids(group)),
            "campaign_name": word(position, [campaign.name for campaign in CAMPAIGNS]),
            "campaign_type": word(
                np.array([kinds.index(campaign.kind) for campaign in CAMPAIGNS])[position], kinds
            ),
            "objective": word(
                np.array([objectives.index(campaign.objective) for campaign in CAMPAIGNS])[position],
                objectives,
            ),
            "starts_on": day(span[position, 0]),
            "ends_on": day(ends[position]),
            "persons_targeted": number(np.where(stated, records, UNKNOWN)),
            "persons_pushed": number(np.where(stated, valid, UNKNOWN)),
            "source_system": constant(size, "crm"),
        }
    )


def contact_lists(group: Group) -> Frame:
    """One row per file of contacts supplied."""
    lists = group.lists
    size = lists.list_campaign.size
    return Frame(
        {
            "contact_list_id": ident("CL", group.base + np.arange(size)),
            "campaign_id": word(lists.list_campaign, campaign_ids(group)),
            "supplied_at": instant(lists.list_supplied),
            "source_system": constant(size, "dialler"),
        }
    )


def contact_records(group: Group) -> Frame:
    """One row per person on a contact list."""
    lists, leads = group.lists, group.leads
    size = lists.record_list.size
    # A record that became a lead names it.
    lead = np.full(size, -1)
    found = np.flatnonzero(leads.created_by >= 0)
    record = group.legs["record"][leads.created_by[found]]
    lead[record[record >= 0]] = found[record >= 0]
    return Frame(
        {
            "contact_record_id": ident("R", group.base + np.arange(size)),
            "contact_list_id": ident("CL", group.base + lists.record_list),
            "person_key": ident("PK", group.base + lists.person),
            "lead_id": ident("P", shifted(lead, group.base)),
            "validity": word(lists.validity, VALIDITY),
            "is_b2b": flag(lists.is_b2b),
            "final_disposition_code": word(lists.final_code, c.DISPOSITIONS),
            "source_system": constant(size, "dialler"),
        }
    )


def vendor_figures(group: Group) -> Frame:
    """What the telephone system itself reports of each queue for the last weeks: it takes test calls for calls."""
    centre, legs = group.centre, group.legs
    days = np.zeros(len(legs), dtype=np.int64)
    kinds = legs["queue"] % QUEUES_EACH
    for position in c.RECEIVING:
        of_kind = np.flatnonzero((legs["queue"] >= 0) & (kinds == position))
        days[of_kind] = local_days(legs["started"][of_kind], QUEUES[position].zone)
    entered = (legs["direction"] == c.INBOUND) & (legs["queue"] >= 0) & (days >= centre.first_day)
    entered &= ~np.isin(legs["outcome"], (c.ABANDONED_IVR, c.SELF_SERVED, c.CLOSED))
    entered &= days >= centre.first_day + centre.days - REPORTED_DAYS
    date, queue, figure, counted = [], [], [], []
    for name, of_figure in enumerate((entered, entered & (legs["outcome"] == c.ANSWERED))):
        rows = np.stack((days[of_figure], legs["queue"][of_figure].astype(np.int64)))
        cells, calls_each = np.unique(rows, axis=1, return_counts=True)
        date.append(cells[0])
        queue.append(cells[1])
        figure.append(np.full(calls_each.size, name))
        counted.append(calls_each)
    size = sum(part.size for part in date)
    return Frame(
        {
            "figure_date": day(np.concatenate(date)),
            "queue_id": word(np.concatenate(queue), centre.queue_ids),
            "figure": word(np.concatenate(figure), ("offered_calls", "answered_calls")),
            "calls": number(np.concatenate(counted)),
            "source_system": constant(size, "acd"),
        }
    )
