"""The one population of leads: created by `as_of`, not spam, duplicate or test.

Merged ones give way to the survivor.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from .contract import Row
from .tally import Scope, scopes
from .world import Leg, World

OUT_OF_POPULATION = frozenset({"spam", "duplicate"})


@dataclass(frozen=True)
class Activity:
    activity_id: str
    kind: str
    occurred_at: datetime
    agent_id: str | None
    disposition_code: str | None
    is_automated: bool | None


@dataclass
class Lead:
    """`legs` and `activities` are its own and those of the leads merged into it, in order."""

    lead_id: str
    created_at: datetime
    row: Row
    legs: list[Leg] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)

    @property
    def created_by(self) -> str | None:
        return self.row.text("created_by_call_id")

    @property
    def attempts(self) -> list[Leg]:
        return [leg for leg in self.legs if not leg.is_inbound]

    @property
    def first_attempt(self) -> Leg | None:
        """The first outbound attempt at or after creation, whatever its result."""
        return next((leg for leg in self.attempts if leg.started_at >= self.created_at), None)

    @property
    def first_contact_at(self) -> datetime | None:
        """As the source says; else the first outbound attempt with a contact established."""
        given = self.row.instant("first_contact_at")
        if given is not None:
            return given
        contacts = [leg.started_at for leg in self.attempts if leg.flags.is_contact_established]
        return contacts[0] if contacts else None

    def scopes(self, world: World, day: date) -> list[Scope]:
        owner = self.row.text("owner_agent_id")
        return scopes(
            ("campaign", self.row.text("campaign_id")),
            ("source_channel", self.row.text("source_channel")),
            ("team", world.agents.on(owner, day).team),
            ("agent", owner),
            ("industry", self.row.text("industry")),
            ("company_size", self.row.text("company_size")),
        )


class Leads:
    def __init__(self, world: World) -> None:
        self.rows = {row.key("lead_id"): row for row in world.staged["leads"].rows}
        self.is_available = bool(self.rows)
        self.by_id = {
            row.key("lead_id"): Lead(row.key("lead_id"), row.moment("created_at"), row)
            for row in world.rows("leads", "created_at")
            if self.survivor(row.key("lead_id")) == row.key("lead_id")
        }
        self.population = [lead for lead in self.by_id.values() if is_in_population(lead.row)]
        self.attach(world)

    def survivor(self, lead_id: str) -> str:
        """The end of the chain of merges; a chain that leads nowhere, or in a circle, merges nothing."""
        seen = [lead_id]
        while (target := self.target(seen[-1])) is not None:
            if target in seen or target not in self.rows:
                return lead_id
            seen.append(target)
        return seen[-1]

    def target(self, lead_id: str) -> str | None:
        row = self.rows.get(lead_id)
        return row.text("merged_into_lead_id") if row else None

    def attach(self, world: World) -> None:
        """A merged lead's calls and activities move to the survivor."""
        legs: defaultdict[str, list[Leg]] = defaultdict(list)
        for leg in world.legs:
            if leg.lead_id is not None:
                legs[self.survivor(leg.lead_id)].append(leg)
        activities: defaultdict[str, list[Activity]] = defaultdict(list)
        for row in world.rows("lead_activities", "occurred_at"):
            activities[self.survivor(row.key("lead_id"))].append(
                Activity(
                    row.key("activity_id"),
                    row.key("activity_type"),
                    row.moment("occurred_at"),
                    row.text("agent_id"),
                    row.text("disposition_code"),
                    row.flag("is_automated"),
                )
            )
        for lead_id, lead in self.by_id.items():
            lead.legs = legs[lead_id]
            lead.activities = sorted(
                activities[lead_id],
                key=lambda activity: (activity.occurred_at, activity.activity_id.encode()),
            )


def is_in_population(row: Row) -> bool:
    return row.text("status") not in OUT_OF_POPULATION and row.flag("is_test") is not True
