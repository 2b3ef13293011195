"""A group of replicas, simulated: every leg in the order of its start, and what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callmart.sample import centre as c
from callmart.sample.campaigns import CAMPAIGNS_EACH, Lists, work_lists
from callmart.sample.centre import Centre
from callmart.sample.clock import Ints
from callmart.sample.inbound import inbound
from callmart.sample.leads import Leads, campaign_of, collect, lead_calls_due, mark_lead_calls
from callmart.sample.legs import Legs, Shifts, joined, joined_shifts
from callmart.sample.outbound import Due, callbacks_due, campaign_legs, dial, internal_legs, mark_callbacks
from callmart.sample.serving import Staff

NUMBERS_EACH = 10_000_000
"""Numbers that ids of one table may use in one replica."""
CAMPAIGN_ATTEMPTS_PER_DAY = 50.0


@dataclass
class Group:
    """The simulated group. Legs are sorted by start: the place of a leg is its number."""

    centre: Centre
    staff: Staff
    legs: Legs
    replica: Ints
    """Replica of each leg, counted within the group."""
    shifts: Shifts
    lists: Lists
    leads: Leads
    seed: int

    @property
    def base(self) -> int:
        """What to add to a number counted in the group to make it unique in the sample."""
        return (self.centre.first_replica + 1) * NUMBERS_EACH

    def rng(self, stream: int) -> np.random.Generator:
        """A generator of its own for each table, so that tables do not depend on one another's draws."""
        return np.random.default_rng([self.seed, self.centre.first_replica, stream])


def simulate_group(centre: Centre, seed: int) -> Group:
    """Simulate every call of a group of replicas."""

    def rng(stream: int) -> np.random.Generator:
        return np.random.default_rng([seed, centre.first_replica, stream])

    staff = Staff.of(centre, rng(0))
    received = inbound(staff, rng(1))
    shifts = list(received.shifts)

    def made() -> int:
        return sum(int(part.agent.size) for part in shifts)

    consulted = internal_legs(rng(3), received.legs)
    lists, attempts = work_lists(centre, rng(4), CAMPAIGN_ATTEMPTS_PER_DAY * centre.scale * centre.days)
    campaign, more = campaign_legs(staff, rng(5), attempts, made())
    shifts.append(more)
    campaign.fields["contact_list"] = lists.record_list[campaign["record"]]
    leads = collect(
        staff, rng(6), received.legs, received.replica, campaign, len(received.legs) + len(consulted)
    )
    wanted = (
        callbacks_due(rng(2), received.legs, received.replica, received.day),
        lead_calls_due(centre, rng(7), leads),
    )
    due = Due(**{name: np.concatenate([getattr(part, name) for part in wanted]) for name in vars(wanted[0])})
    dialled, which, more = dial(staff, rng(8), "lead_desk", due, made())
    shifts.append(more)
    subjects = due.subject[which]
    is_callback = which < wanted[0].subject.size
    returned, followed = dialled.take(is_callback), dialled.take(~is_callback)
    mark_callbacks(rng(9), returned, subjects[is_callback], received.legs)
    mark_lead_calls(rng(10), centre, followed, subjects[~is_callback], leads)
    # Some leads are worked by way of the dialler's lists.
    by_list = (rng(11).random(len(followed)) < 0.15) & (lists.list_campaign.size > 0)
    followed.fields["contact_list"][by_list] = followed["lead"][by_list] % max(lists.list_campaign.size, 1)

    legs = joined([received.legs, consulted, campaign, returned, followed])
    alone = np.flatnonzero(legs["contact"] < 0)
    legs.fields["contact"][alone] = int(legs["contact"].max(initial=-1)) + 1 + np.arange(alone.size)
    legs.fields["lead"][leads.created_by[leads.created_by >= 0]] = np.flatnonzero(leads.created_by >= 0)
    replica = _replicas(centre, legs, received.replica)

    order = np.argsort(legs["started"], kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    legs = legs.take(order)
    linked = legs["previous"] >= 0
    legs.fields["previous"][linked] = rank[legs["previous"][linked]]
    marketed = (legs["direction"] == c.INBOUND) & (legs["source"] >= 0)
    legs.fields["campaign"][marketed] = _inbound_campaigns(centre, legs, replica[order], marketed)
    leads.created_by = np.where(leads.created_by >= 0, rank[np.maximum(leads.created_by, 0)], -1)
    return Group(centre, staff, legs, replica[order], joined_shifts(shifts), lists, leads, seed)


def _inbound_campaigns(centre: Centre, legs: Legs, replica: Ints, rows: Ints) -> Ints:
    return campaign_of(centre, legs["source"][rows], replica[rows], legs["started"][rows])


def _replicas(centre: Centre, legs: Legs, received: Ints) -> Ints:
    """The replica of each leg: known for inbound ones, else that of the agent, else that of the campaign."""
    replica = np.empty(len(legs), dtype=np.int64)
    first_agent = 10_000_000 + 2 * centre.first_replica * centre.positions_each
    by_agent = (legs["agent"] - first_agent) // (2 * centre.positions_each)
    replica[:] = np.where(legs["agent"] >= 0, by_agent, legs["campaign"] // CAMPAIGNS_EACH)
    replica[: received.size] = received
    return replica
