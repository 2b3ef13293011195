"""People and places as they were at the time: an agent's team and site on a day, a queue's site and zone."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .contract import Row
from .settings import Settings


@dataclass(frozen=True)
class Posting:
    """Where an agent belongs from a day until the day before `until` (None: open)."""

    valid_from: date
    until: date | None
    team: str | None
    site: str | None
    hired_on: date | None
    left_on: date | None


NOWHERE = Posting(date.min, None, None, None, None, None)


class Agents:
    """A row is valid from its `valid_from` (null: since always) until the agent's next row."""

    def __init__(self, rows: list[Row]) -> None:
        by_agent: defaultdict[str, list[tuple[date, Row]]] = defaultdict(list)
        for row in rows:
            by_agent[row.key("agent_id")].append((row.day("valid_from") or date.min, row))
        self.postings: dict[str, list[Posting]] = {}
        for agent_id, dated in by_agent.items():
            dated.sort(key=lambda pair: pair[0])
            ends: list[date | None] = [start for start, _ in dated[1:]]
            self.postings[agent_id] = [
                Posting(
                    start, end, row.text("team_id"), row.text("site"), row.day("hired_on"), row.day("left_on")
                )
                for (start, row), end in zip(dated, [*ends, None], strict=True)
            ]
        self.starts = {
            agent_id: [posting.valid_from for posting in history]
            for agent_id, history in self.postings.items()
        }

    def on(self, agent_id: str | None, day: date) -> Posting:
        """The agent's row valid on a day.

        Before the first one, or for an unknown agent, team and site are unknown.
        """
        if agent_id is None or agent_id not in self.postings:
            return NOWHERE
        position = bisect_right(self.starts[agent_id], day) - 1
        return self.postings[agent_id][position] if position >= 0 else NOWHERE


@dataclass(frozen=True)
class Queue:
    site: str | None
    zone: ZoneInfo
    business_hours_id: str | None
    tier: int | None


class Places:
    """Queues, and the local day of an instant: in the queue's own zone when it has one (general ruling 5)."""

    def __init__(self, rows: list[Row], settings: Settings) -> None:
        self.reporting_zone = settings.reporting_zone
        self.queues = {
            row.key("queue_id"): Queue(
                row.text("site"),
                self.reporting_zone if (name := row.text("timezone")) is None else ZoneInfo(name),
                row.text("business_hours_id"),
                row.integer("tier"),
            )
            for row in rows
        }
        self.unknown = Queue(None, self.reporting_zone, None, None)
        self.hours: dict[tuple[ZoneInfo, datetime], date] = {}

    def queue(self, queue_id: str | None) -> Queue:
        return self.queues.get(queue_id, self.unknown) if queue_id is not None else self.unknown

    def local_day(self, instant: datetime, queue_id: str | None = None) -> date:
        """Quarters of an hour are remembered: since 1972 every zone's midnight has fallen on one."""
        zone = self.queue(queue_id).zone
        quarter = instant.replace(minute=instant.minute - instant.minute % 15, second=0, microsecond=0)
        known = self.hours.get((zone, quarter))
        if known is None:
            known = self.hours[zone, quarter] = instant.astimezone(zone).date()
        return known


def whole_seconds(duration: timedelta) -> int:
    """Whole seconds, the fraction dropped towards the past."""
    return duration // timedelta(seconds=1)
