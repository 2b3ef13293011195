"""The contact centre the sample describes: its queues, hours, teams, words and volumes.

The centre is fictitious: a French operator of home and mobile services with two sites, a Quebec line, a
partner for overflow and three outbound desks. Larger samples are made of several such centres, called
replicas.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from callmart.sample.clock import Ints

LEGS_PER_DAY = 210.0
"""Call legs of one replica on an average day, at scale 1."""

DIRECTIONS = ("inbound", "outbound", "internal")
INBOUND, OUTBOUND, INTERNAL = range(3)
CHANNELS = ("voice", "chat", "email")
OUTCOMES = (
    "answered", "abandoned", "abandoned_ivr", "voicemail", "callback_requested", "self_served", "overflowed",
    "timed_out", "closed", "failed", "answering_machine", "no_answer", "busy", "invalid_number",
    "agent_abandoned",
    "dialer_dropped",
)  # fmt: skip
(
    ANSWERED, ABANDONED, ABANDONED_IVR, VOICEMAIL, CALLBACK_REQUESTED, SELF_SERVED, OVERFLOWED, TIMED_OUT,
    CLOSED, FAILED, MACHINE, NO_ANSWER, BUSY, INVALID, AGENT_ABANDONED, DIALER_DROPPED,
) = range(16)  # fmt: skip
REASONS = (
    "order_status", "delivery", "invoice", "payment", "refund", "technical_fault", "installation",
    "contract_change",
    "cancellation", "product_information", "quote", "account_access", "emergency",
)  # fmt: skip
FEATURES = ("mobile_app", "fibre_router", "tv_box", "billing_portal", "sim_card", "home_alarm")
SOURCES = (
    "search_ads", "social_ads", "organic_search", "website_form", "tv", "flyer", "referral", "email",
    "outbound_call",
    "partner",
)  # fmt: skip
SOURCE_OUTBOUND = 8
REDIRECTS = ("web", "faq", "chatbot", "community", "app")
PARTIES = ("customer", "agent", "system")
DISPOSITIONS = (
    "SALE", "SALE_UPSELL", "APPOINTMENT", "RENEWED", "LEAD_CREATED", "SURVEY_DONE", "INTERESTED", "INFO_SENT",
    "CALLBACK_AGREED", "NOT_DECISION_MAKER", "UNDECIDED", "NOT_INTERESTED", "ALREADY_CUSTOMER",
    "REFUSED_LISTENING",
    "DO_NOT_CALL", "WRONG_PERSON", "HUNG_UP", "MACHINE", "NO_ANSWER", "BUSY", "INVALID_NUMBER",
    "ZZ_OLD_SCRIPT", "ZZ_TRAINING",
)  # fmt: skip
DISPOSITION = {code: position for position, code in enumerate(DISPOSITIONS)}
UNMAPPED = ("ZZ_OLD_SCRIPT", "ZZ_TRAINING")
"""Codes of an old script, on purpose missing from the seed `dispositions`."""
FINAL = (
    "SALE", "SALE_UPSELL", "APPOINTMENT", "RENEWED", "LEAD_CREATED", "SURVEY_DONE", "INFO_SENT",
    "NOT_INTERESTED",
    "ALREADY_CUSTOMER", "REFUSED_LISTENING", "DO_NOT_CALL", "WRONG_PERSON", "INVALID_NUMBER",
)  # fmt: skip
ESTABLISHED = (
    "SALE", "SALE_UPSELL", "APPOINTMENT", "RENEWED", "LEAD_CREATED", "SURVEY_DONE", "INTERESTED", "INFO_SENT",
    "CALLBACK_AGREED", "UNDECIDED", "NOT_INTERESTED", "ALREADY_CUSTOMER", "REFUSED_LISTENING", "DO_NOT_CALL",
)  # fmt: skip
PHONE_RANGES = np.array([199_00, 261_91, 353_01, 465_71, 536_49, 639_98], dtype=np.int64) * 10_000
"""The numbers the French regulator keeps for fiction, as nine digits after +33."""

HOURS: dict[str, tuple[tuple[float, float] | None, ...]] = {
    "default": ((9, 18),) * 5 + (None, None),
    "extended": ((8, 20),) * 6 + (None,),
    "always": ((8, 32),) * 7,
    "night": ((20, 32),) * 7,
    "night_and_sunday": ((20, 32),) * 6 + ((8, 32),),
}
"""Opening and closing hour by weekday, on the clock of the queue; a service day runs from 08:00 to 08:00
(32)."""
DAY_BEGINS = 8
NIGHT_BEGINS = 20
CLOSED_ON_HOLIDAYS = ("default", "extended")

_OFFICE = (
    (0.4, 0.9, 1.25, 1.3, 1.0, 0.75, 1.05, 1.15, 1.1, 1.0, 0.75, 0.45, 0.15, 0.06) + (0.01,) * 9 + (0.05,)
)
_RETAIL = (
    (0.35, 0.7, 1.1, 1.25, 1.1, 0.8, 0.85, 0.95, 1.05, 1.25, 1.3, 0.9, 0.2, 0.06) + (0.01,) * 9 + (0.05,)
)
_ROUND = (0.9, 1.1, 1.2, 1.2, 1.1, 1.0, 1.0, 1.0, 1.1, 1.2, 1.3, 1.2, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.12,
0.1, 0.1,
          0.12, 0.3, 0.5)  # fmt: skip
_NIGHT = (0.0,) * 11 + (0.05, 1.2, 1.3, 1.2, 1.0, 0.8, 0.5, 0.4, 0.3, 0.35, 0.5, 0.6, 0.5)
_WORKING_WEEK = (1.22, 1.06, 1.0, 0.96, 0.92, 0.04, 0.01)
_SIX_DAYS = (1.2, 1.05, 1.0, 0.95, 0.95, 0.65, 0.03)
_EVERY_DAY = (1.05, 1.0, 0.98, 0.97, 1.0, 0.9, 0.85)


@dataclass(frozen=True)
class Queue:
    """A queue, or an outbound desk (tier 0): what it is, what comes in and how it is staffed."""

    name: str
    label: str
    team: str
    site: str
    zone: str = "Europe/Paris"
    hours: str = "extended"
    shift_hours: str = ""
    """When its agents work, if not when it opens."""
    staffed_by: str = ""
    """The queue whose agents take its calls, by day; its own when empty."""
    staffed_otherwise_by: str = ""
    """The queue whose agents take its calls at night and on days when those of the day are off."""
    tier: int = 1
    language: str = "fr"
    channel: int = 0
    daily: float = 0.0
    """Contacts of an average weekday at scale 1, before the queue."""
    load: float = 0.0
    """Calls of an average weekday that need an agent, for the roster."""
    handle: float = 300.0
    """Mean talk, in seconds."""
    wrap: float = 40.0
    patience: float = 150.0
    spare: float = 0.4
    """Agents above the load in hand, in square roots of the load."""
    week: tuple[float, ...] = _SIX_DAYS
    profile: tuple[float, ...] = _OFFICE
    reasons: tuple[float, ...] = (1.0,) * 13
    overflow_after: float = np.inf
    offers_callback: bool = True
    transfer_up: float = 0.0
    """Share of handled calls that go on to the technical queue."""
    resolved: float = 0.76

    @cached_property
    def is_desk(self) -> bool:
        """Whether it only dials out."""
        return self.tier == 0


QUEUES: tuple[Queue, ...] = (
    Queue("sales", "Sales", "Sales", "Lyon", daily=30, load=27, handle=330, wrap=60, patience=210, spare=0.6,
          profile=_RETAIL, overflow_after=180, resolved=0.86,
          reasons=(1, .5, .1, .3, .1, 0, .6, 1.2, .3, 4, 3, .2, 0)),
    Queue("support", "Support", "Customer service", "Lille", daily=44, load=40, handle=350, wrap=50,
          patience=300,
          spare=0.4, overflow_after=240, transfer_up=.11, resolved=0.7,
          reasons=(.6, .8, .1, .1, .2, 5, 2, .5, .3, .4, .1, 2, 0)),
    Queue("billing", "Billing", "Customer service", "Lille", hours="default", staffed_by="support", daily=24,
          load=21,
          handle=270, wrap=70, patience=320, week=_WORKING_WEEK, transfer_up=.02, resolved=0.8,
          reasons=(.2, .1, 4, 2.5, 1.5, 0, 0, .6, .9, .2, .1, .4, 0)),
    Queue("premium", "Premium", "Sales", "Lyon", hours="always", staffed_by="sales",
          staffed_otherwise_by="assistance",
          daily=14, load=13, handle=320, wrap=55, patience=260, week=_EVERY_DAY, profile=_ROUND,
          transfer_up=.08,
          resolved=0.84, reasons=(1, 1, 1, .6, .4, 2, .8, 1, .4, 1, .6, .8, .1)),
    Queue("quebec", "Québec", "Québec", "Montréal", zone="America/Toronto", hours="default", daily=15,
          load=13,
          handle=310, wrap=50, patience=240, spare=0.2, week=_WORKING_WEEK, language="fr-CA", resolved=0.77,
          offers_callback=False, reasons=(1, 1, 1.2, .8, .4, 2, .8, .6, .4, 1, .6, .8, 0)),
    Queue("messages", "Chat and e-mail", "Customer service", "Lille", hours="default", staffed_by="support",
          channel=1,
          daily=11, load=10, handle=420, wrap=45, patience=480, week=_WORKING_WEEK, offers_callback=False,
          resolved=0.74, reasons=(2, 1.5, 1, .5, .6, 1, .4, .6, .3, 1, .4, 1.4, 0)),
    Queue("assistance", "Night assistance", "Assistance", "Lyon", hours="night", shift_hours="night_and_sunday",
          daily=7, load=8, handle=380,
          wrap=60, patience=300, spare=0.2, week=_EVERY_DAY, profile=_NIGHT, offers_callback=False,
          resolved=0.8,
          reasons=(0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, .4, 3)),
    Queue("backup", "Partner overflow", "Partner", "Rennes", hours="default", load=5, handle=330, wrap=55,
          patience=150, spare=0.2, week=_WORKING_WEEK, offers_callback=False, transfer_up=.12, resolved=0.66),
    Queue("technical", "Technical experts", "Experts", "Lyon", hours="default", tier=2, load=8, handle=560,
          wrap=120,
          patience=300, spare=0.2, week=_WORKING_WEEK, offers_callback=False, resolved=0.83),
    Queue("lead_desk", "Lead and callback desk", "Inside sales", "Lyon", hours="default", tier=0, load=24,
          handle=130,
          wrap=60, spare=1.0, week=_WORKING_WEEK),
    Queue("campaign_desk", "Campaign desk", "Telemarketing", "Lille", hours="default", tier=0, load=62,
          handle=95,
          wrap=50, spare=1.0, week=_WORKING_WEEK),
)  # fmt: skip
POSITION = {queue.name: position for position, queue in enumerate(QUEUES)}
FRONT = tuple(position for position, queue in enumerate(QUEUES) if queue.daily > 0)
RECEIVING = tuple(position for position, queue in enumerate(QUEUES) if not queue.is_desk)
QUEUES_EACH = len(QUEUES)
ROSTER = np.array([POSITION[queue.staffed_by or queue.name] for queue in QUEUES])
"""The position of the queue whose agents take the calls of each queue by day."""
OTHER_ROSTER = np.array(
    [POSITION[queue.staffed_otherwise_by or queue.staffed_by or queue.name] for queue in QUEUES]
)
ROSTERS = tuple(sorted(set(ROSTER.tolist())))
FRONT_ROSTERS = tuple(sorted(set(ROSTER[list(FRONT)].tolist()) | set(OTHER_ROSTER[list(FRONT)].tolist())))


@dataclass(frozen=True)
class Shift:
    """One agent's day, in hours of the local service day."""

    start: float
    end: float
    break_start: float
    break_end: float


def _templates(opens: float, closes: float) -> list[tuple[float, float]]:
    length = closes - opens
    if length <= 10:
        return [(opens, closes)]
    if length <= 12:
        return [(opens, opens + 8), (closes - 8, closes), (opens + 2, opens + 10)]
    return [(opens, opens + 8), (opens + 8, opens + 16), (opens + 16, closes)]


def roster(queue: Queue, weekday: int, scale: float) -> list[Shift]:
    """The shifts of a queue on a weekday: enough for the load of every half hour, by the square-root rule.

    Agents needed for a load of a erlangs: a + spare x sqrt(a), rounded up; shifts are added where most are
    missing.
    """
    hours = HOURS[queue.shift_hours or queue.hours][weekday]
    if hours is None:
        return []
    opens, closes = hours
    half_hours = np.arange(opens, closes, 0.5)
    load = np.zeros(half_hours.size)
    for other in QUEUES:
        if (other.staffed_by or other.name) == queue.name and HOURS[other.hours][weekday] is not None:
            profile = np.ones(24) if other.is_desk else np.array(other.profile)
            weights = profile[(half_hours.astype(np.int64) - DAY_BEGINS) % 24]
            volume = other.load * other.week[weekday] * scale
            load += volume * weights / weights.sum() * (other.handle + other.wrap + 4) / 1800
    missing = np.maximum(1, np.ceil(load + queue.spare * np.sqrt(load)))
    shifts: list[Shift] = []
    templates = _templates(opens, closes)
    while (missing > 0).any():
        gains = [
            float(np.clip(missing[(half_hours >= start) & (half_hours < end)], 0, None).sum())
            for start, end in templates
        ]
        start, end = templates[int(np.argmax(gains))]
        missing[(half_hours >= start) & (half_hours < end)] -= 1
        middle = start + (end - start) * (0.45 if len(shifts) % 2 == 0 else 0.57)
        middle = round(middle * 4) / 4
        shifts.append(Shift(start, end, middle, middle + 0.75))
    return sorted(shifts, key=lambda shift: (shift.start, shift.break_start))


@dataclass(frozen=True)
class Centre:
    """A group of replicas over a period, and the numbers that name its parts."""

    first_replica: int
    replicas: int
    first_day: int
    days: int
    scale: float
    rosters: dict[tuple[int, int], list[Shift]] = field(repr=False)

    @classmethod
    def of(cls, first_replica: int, replicas: int, first_day: int, days: int, scale: float) -> Centre:
        """Plan the rosters of a group of replicas."""
        rosters = {
            (position, weekday): roster(queue, weekday, scale)
            for position, queue in enumerate(QUEUES)
            if position in ROSTERS
            for weekday in range(7)
        }
        return cls(first_replica, replicas, first_day, days, scale, rosters)

    @cached_property
    def queue_ids(self) -> list[str]:
        """The id of each queue of the group, by replica then position."""
        return [self._named(queue.name, replica) for replica in self._replicas for queue in QUEUES]

    @cached_property
    def _replicas(self) -> range:
        return range(self.first_replica, self.first_replica + self.replicas)

    @staticmethod
    def _named(name: str, replica: int) -> str:
        return name if replica == 0 else f"{name}-{replica + 1}"

    def site(self, site: str, replica: int) -> str:
        """The name of a site in one replica of the group."""
        return site if self.first_replica + replica == 0 else f"{site} {self.first_replica + replica + 1}"

    @cached_property
    def slots(self) -> Ints:
        """The greatest number of shifts of each queue on any weekday."""
        return np.array(
            [
                max(len(self.rosters[position, weekday]) for weekday in range(7))
                if position in ROSTERS
                else 0
                for position in range(QUEUES_EACH)
            ]
        )

    @cached_property
    def pools(self) -> Ints:
        """The number of agents who share the shifts of each queue."""
        days_open = np.array(
            [sum(hours is not None for hours in HOURS[queue.shift_hours or queue.hours]) for queue in QUEUES]
        )
        wanted = np.ceil(self.slots * np.maximum(days_open, 5) / 4.6).astype(np.int64)
        return np.where(self.slots > 0, np.maximum(wanted, self.slots + 1), 0)

    @cached_property
    def pool_starts(self) -> Ints:
        """Where the agents of each queue begin in a replica's list of positions."""
        return np.concatenate(([0], np.cumsum(self.pools)[:-1]))

    @cached_property
    def positions_each(self) -> int:
        """Posts of one replica."""
        return int(self.pools.sum())

    @cached_property
    def posts(self) -> int:
        """Posts of the group."""
        return self.positions_each * self.replicas

    @cached_property
    def customers_each(self) -> int:
        """Customers of one replica."""
        return max(40, round(self.scale * (2_500 + 16 * self.days)))
