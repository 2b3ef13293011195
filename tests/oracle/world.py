"""Everything a KPI is computed from.

Staged tables, settings, seeds, `as_of`, the counted legs and contacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from .contract import Row, Staged, load
from .history import Agents, Places, whole_seconds
from .seeds import Flags, Seeds, load_seeds
from .settings import Settings

# `as_of` defaults to the greatest of these: things that started, were created, answered, ordered or occurred.
AS_OF_COLUMNS = (
    ("calls", "started_at"),
    ("calls", "answered_at"),
    ("agent_states", "started_at"),
    ("customer_events", "occurred_at"),
    ("leads", "created_at"),
    ("lead_activities", "occurred_at"),
    ("opportunities", "created_at"),
    ("orders", "ordered_at"),
    ("tickets", "created_at"),
    ("survey_responses", "answered_at"),
    ("selfservice_sessions", "started_at"),
)

NOT_A_QUEUE_ENTRY = frozenset({"abandoned_ivr", "self_served", "closed"})

# What an outbound call's outcome says of it when no known disposition does (the raw contract's table).
OUTCOME_FLAGS = {
    "answered": Flags(is_connected=True, is_human_answered=True, is_contact_established=True),
    "dialer_dropped": Flags(is_connected=True, is_human_answered=True),
    "answering_machine": Flags(is_connected=True),
}


@dataclass(frozen=True, slots=True)
class Leg:
    """One counted leg: neither a test nor internal, started by `as_of`.

    Durations in whole seconds, None unknown.
    """

    call_id: str
    interaction_id: str
    previous_call_id: str | None
    direction: str
    outcome: str
    channel: str
    started_at: datetime
    day: date
    hour: int
    queue_id: str | None
    queue_site: str | None
    tier: int | None
    agent_id: str | None
    team: str | None
    agent_site: str | None
    customer_id: str | None
    lead_id: str | None
    campaign_id: str | None
    contact_list_id: str | None
    contact_record_id: str | None
    source_channel: str | None
    reason: str | None
    is_resolved: bool | None
    is_escalated: bool | None
    is_recorded: bool | None
    is_callback: bool | None
    is_redirected: bool
    is_queue_entry: bool
    wait: int | None
    talk: int | None
    hold: int | None
    wrap: int | None
    flags: Flags
    cost: Fraction | None

    @property
    def order(self) -> tuple[datetime, bytes]:
        return self.started_at, self.call_id.encode()

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def is_handled(self) -> bool:
        """General ruling 10: outcome `answered`, whoever and however long."""
        return self.outcome == "answered"


@dataclass(frozen=True, slots=True)
class Contact:
    """One inbound interaction.

    `legs` are its counted inbound legs in order, `all_legs` the outbound ones too.
    """

    interaction_id: str
    legs: tuple[Leg, ...]
    all_legs: tuple[Leg, ...]

    @property
    def first(self) -> Leg:
        return self.legs[0]

    @property
    def last_answered(self) -> Leg | None:
        answered = [leg for leg in self.legs if leg.is_handled]
        return answered[-1] if answered else None

    @property
    def customer_id(self) -> str | None:
        return next((leg.customer_id for leg in self.legs if leg.customer_id is not None), None)

    @property
    def reason(self) -> str | None:
        """Of the last answered leg; of the last leg when none was answered."""
        return (self.last_answered or self.legs[-1]).reason


class World:
    def __init__(self, raw: Path, seeds: Path, settings: Settings, run_started_at: datetime) -> None:
        self.settings = settings
        self.seeds: Seeds = load_seeds(seeds)
        self.staged: dict[str, Staged] = load(raw, settings, run_started_at)
        self.as_of = settings.as_of_instant() or self.latest_event() or run_started_at.astimezone(UTC)
        self.as_of_day = self.as_of.astimezone(settings.reporting_zone).date()
        self.places = Places(self.staged["queues"].rows, settings)
        self.agents = Agents(self.staged["agents"].rows)
        self.legs = self.counted_legs()
        self.contacts = contacts_of(self.legs)

    def latest_event(self) -> datetime | None:
        """General ruling 7. An instant after the run's start has had its row rejected."""
        instants = [
            instant
            for table, column in AS_OF_COLUMNS
            for row in self.staged[table].rows
            if (instant := row.instant(column)) is not None
        ]
        return max(instants, default=None)

    def rows(self, table: str, happened: str) -> list[Row]:
        """The rows of a table that count.

        Those that had happened by `as_of`, by the column that made them.
        """
        return [
            row
            for row in self.staged[table].rows
            if (instant := row.instant(happened)) is not None and instant <= self.as_of
        ]

    def day(self, instant: datetime) -> date:
        return self.places.local_day(instant)

    def counted_legs(self) -> list[Leg]:
        """General ruling 9, in order of start and call id."""
        legs = [
            self.leg(row)
            for row in self.rows("calls", "started_at")
            if row.text("direction") != "internal" and row.flag("is_test") is not True
        ]
        return sorted(legs, key=lambda leg: leg.order)

    def leg(self, row: Row) -> Leg:
        started_at = row.moment("started_at")
        queue_id, agent_id = row.text("queue_id"), row.text("agent_id")
        queue = self.places.queue(queue_id)
        day = self.places.local_day(started_at, queue_id)
        posting = self.agents.on(agent_id, day)
        direction, outcome = row.key("direction"), row.key("outcome")
        entered = queue_id is not None or row.instant("queued_at") is not None
        return Leg(
            call_id=row.key("call_id"),
            interaction_id=row.text("interaction_id") or row.key("call_id"),
            previous_call_id=row.text("previous_call_id"),
            direction=direction,
            outcome=outcome,
            channel=row.text("channel") or "voice",
            started_at=started_at,
            day=day,
            hour=started_at.astimezone(queue.zone).hour,
            queue_id=queue_id,
            queue_site=queue.site,
            tier=queue.tier,
            agent_id=agent_id,
            team=posting.team,
            agent_site=posting.site,
            customer_id=row.text("customer_id"),
            lead_id=row.text("lead_id"),
            campaign_id=row.text("campaign_id"),
            contact_list_id=row.text("contact_list_id"),
            contact_record_id=row.text("contact_record_id"),
            source_channel=row.text("source_channel"),
            reason=row.text("contact_reason"),
            is_resolved=row.flag("is_resolved"),
            is_escalated=row.flag("is_escalated"),
            is_recorded=recorded(row),
            is_callback=row.flag("is_callback"),
            is_redirected=row.text("redirected_to") is not None,
            is_queue_entry=direction == "inbound" and entered and outcome not in NOT_A_QUEUE_ENTRY,
            wait=wait_of(row),
            talk=talk_of(row),
            hold=row.integer("hold_seconds"),
            wrap=row.integer("wrap_seconds"),
            flags=self.flags(direction, outcome, row.text("disposition_code")),
            cost=self.converted(row, "cost_amount", day),
        )

    def flags(self, direction: str, outcome: str, code: str | None) -> Flags:
        """A known disposition's flags win; without one an outbound call takes its outcome's."""
        if code is not None and code in self.seeds.dispositions:
            return self.seeds.dispositions[code]
        return OUTCOME_FLAGS.get(outcome, Flags()) if direction == "outbound" else Flags()

    def converted(self, row: Row, column: str, day: date) -> Fraction | None:
        """An amount in the reporting currency, at the rate in force on the day.

        None when there is no rate.
        """
        amount = row.decimal(column)
        if amount is None:
            return None
        currency = row.text("currency")
        if currency is None or currency == self.settings.reporting_currency:
            return Fraction(amount)
        rates = [rate for since, rate in self.seeds.exchange_rates.get(currency, []) if since <= day]
        return Fraction(amount) * rates[-1] if rates else None


def recorded(row: Row) -> bool | None:
    """As the source says; where it does not, a link to a recording is one."""
    given = row.flag("is_recorded")
    return True if given is None and row.text("recording_url") is not None else given


def wait_of(row: Row) -> int | None:
    """As the source says.

    Else pick-up, or the end of a call nobody picked up, less the entry in the queue.
    """
    given, queued_at = row.integer("wait_seconds"), row.instant("queued_at")
    if given is not None or queued_at is None:
        return given
    left_at = row.instant("answered_at")
    if left_at is None and row.text("outcome") != "answered":
        left_at = row.instant("ended_at")
    return known_duration(left_at, queued_at)


def talk_of(row: Row) -> int | None:
    """As the source says; else pick-up to end less the known hold (an unknown hold stays inside)."""
    given = row.integer("talk_seconds")
    answered_at = row.instant("answered_at")
    if given is not None or answered_at is None:
        return given
    whole = known_duration(row.instant("ended_at"), answered_at)
    if whole is None:
        return None
    talk = whole - (row.integer("hold_seconds") or 0)
    return talk if talk >= 0 else None


def known_duration(end: datetime | None, start: datetime) -> int | None:
    """Whole seconds; two instants in the wrong order say nothing."""
    if end is None or end - start < timedelta(0):
        return None
    return whole_seconds(end - start)


def contacts_of(legs: list[Leg]) -> list[Contact]:
    """General ruling 10: what the customer lived, by `interaction_id`. Legs arrive in order."""
    together: dict[str, list[Leg]] = {}
    for leg in legs:
        together.setdefault(leg.interaction_id, []).append(leg)
    return [
        Contact(interaction_id, tuple(inbound), tuple(members))
        for interaction_id, members in together.items()
        if (inbound := [leg for leg in members if leg.is_inbound])
    ]
