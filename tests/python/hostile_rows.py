"""Rows of raw tables, sound and faulty, each with a mark of its own by which it can be followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2025, 3, 1, tzinfo=UTC)
ALWAYS_FUTURE = "2999-01-01T00:00:00Z"


@dataclass(frozen=True)
class Fault:
    """What is done to a sound row, and the reason that gives.

    Attributes:
        values: the columns it overwrites.
        reason: why the row is rejected, or, if `is_nulled`, which value becomes null.
    """

    values: Mapping[str, str]
    reason: str
    is_nulled: bool = False


def _nulled(column: str, value: str) -> Fault:
    return Fault({column: value}, f"optional column not castable: {column}", is_nulled=True)


@dataclass(frozen=True)
class Kind:
    """A raw table as the generator writes it.

    Attributes:
        key: its key.
        mark: the column that carries the mark of a row into staging.
        text: the column that takes any text; None where there is none.
        faults: what can be wrong with a row, at most one per column.
        typed: what a Parquet or JSON file may hold instead of text, by column.
    """

    key: tuple[str, ...]
    mark: str
    text: str | None
    faults: tuple[Fault, ...]
    typed: Mapping[str, str]


KINDS: Mapping[str, Kind] = {
    "calls": Kind(
        ("call_id",),
        "product_feature",
        "contact_reason",
        (
            Fault({"call_id": ""}, "no key"),
            Fault({"call_id": "   "}, "no key"),
            Fault({"direction": ""}, "required column empty: direction"),
            Fault({"direction": "sideways"}, "value not allowed: direction"),
            Fault({"outcome": "busy"}, "value not allowed: outcome"),
            Fault({"channel": "pigeon"}, "value not allowed: channel"),
            Fault({"started_at": "31/12/2023 08:00"}, "required column not castable: started_at"),
            Fault({"started_at": "2023-02-30T08:00:00Z"}, "required column not castable: started_at"),
            Fault({"ended_at": "2001-01-01T00:00:00Z"}, "wrong order: started_at after ended_at"),
            Fault({"ended_at": ALWAYS_FUTURE}, "future instant: ended_at"),
            Fault({"wait_seconds": "-1"}, "negative duration: wait_seconds"),
            _nulled("wait_seconds", "12,5"),
            _nulled("queued_at", "03.04.2024 10:00"),
            _nulled("is_resolved", "maybe"),
            _nulled("cost_amount", "1.234,56"),
        ),
        {
            "started_at": "timestamptz",
            "ended_at": "timestamp",
            "wait_seconds": "integer",
            "is_resolved": "boolean",
            "cost_amount": "double",
        },
    ),
    "orders": Kind(
        ("order_id",),
        "lead_id",
        None,
        (
            Fault({"order_id": ""}, "no key"),
            Fault({"customer_id": " "}, "required column empty: customer_id"),
            Fault({"ordered_at": "12/31/2023"}, "required column not castable: ordered_at"),
            Fault({"net_amount": "99,90"}, "required column not castable: net_amount"),
            Fault({"status": "perhaps"}, "value not allowed: status"),
            _nulled("margin_amount", "12,50"),
        ),
        {"ordered_at": "timestamp", "net_amount": "decimal(12, 2)", "margin_amount": "double"},
    ),
    "web_visits": Kind(
        ("visit_date", "source_channel", "campaign_id"),
        "source_system",
        None,
        (
            Fault({"source_channel": ""}, "no key"),
            Fault({"visit_date": "31/12/2023"}, "required column not castable: visit_date"),
            Fault({"visits": "1.000,5"}, "required column not castable: visits"),
            Fault({"visits": "99999999999"}, "required column not castable: visits"),
        ),
        {"visit_date": "date", "visits": "bigint"},
    ),
    "survey_invitations": Kind(
        ("invitation_id",),
        "team_id",
        None,
        (
            Fault({"invitation_id": ""}, "no key"),
            Fault({"respondent_type": "robot"}, "value not allowed: respondent_type"),
            Fault({"sent_at": "yesterday"}, "required column not castable: sent_at"),
        ),
        {"sent_at": "timestamptz"},
    ),
    "survey_responses": Kind(
        ("response_id",),
        "question_id",
        None,
        (
            Fault({"response_id": ""}, "no key"),
            Fault({"score": "8,5"}, "required column not castable: score"),
            Fault({"score": "11"}, "score outside its scale"),
            Fault({"scale_max": ""}, "required column empty: scale_max"),
            _nulled("higher_is_better", "2"),
        ),
        {"answered_at": "timestamp", "score": "double", "scale_min": "integer"},
    ),
}
ANSWERED_TOO_EARLY = "wrong order: sent_at after answered_at"
NOT_YET_STARTED = "future instant: started_at"


@dataclass(frozen=True)
class Entry:
    """A record as it was written.

    Attributes:
        values: its columns as text, empty for null.
        rejected_for, nulled_for: the reasons that its own values give.
    """

    values: Mapping[str, str]
    rejected_for: frozenset[str]
    nulled_for: frozenset[str]


class Rows:
    """Makes rows; every one has a mark that no other has."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.marks = 0

    def of(self, *choices: object) -> str:
        return str(self.random.choice(choices))

    def instant(self, months: int = 24) -> datetime:
        return START - timedelta(minutes=self.random.randrange(60, months * 30 * 1440))

    def text(self, alphabet: str, most: int = 6) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randrange(most + 1)))

    def entry(self, table: str, alphabet: str) -> Entry:
        """A row of a table, one in three with faults; its text column holds signs of the alphabet."""
        self.marks += 1
        kind = KINDS[table]
        values = getattr(self, f"_{table}")()
        values[kind.mark] = f"m{self.marks}"
        values["updated_at"] = self.of("", "", "2025-01-01T00:00:00Z", "2025-02-01 00:00:00+01:00")
        if kind.text is not None:
            values[kind.text] = self.text(alphabet)
        rejected, nulled = set[str](), set[str]()
        touched: set[str] = set()
        for fault in self.random.sample(kind.faults, k=self.random.choice([0, 0, 0, 0, 1, 1, 2])):
            if touched.isdisjoint(fault.values):
                touched.update(fault.values)
                values.update(fault.values)
                (nulled if fault.is_nulled else rejected).add(fault.reason)
        # What another fault of the same row makes unknowable.
        if "required column not castable: started_at" in rejected:
            rejected.discard("wrong order: started_at after ended_at")
        if values.get("direction") in ("", "sideways"):
            rejected.discard("value not allowed: outcome")
        if {"required column empty: scale_max", "score outside its scale"} <= rejected:
            rejected.discard("score outside its scale")
        return Entry(values, frozenset(rejected), frozenset(nulled))

    def _calls(self) -> dict[str, str]:
        started = self.instant()
        # A clock that runs ahead: what lies in the future today does not when the next run comes.
        ahead = START + timedelta(hours=self.random.choice([-1, 30, 60, 100]))
        started = ahead if self.random.random() < 0.05 else started
        return {
            "call_id": f"c{self.random.randrange(30)}",
            "direction": "inbound",
            "outcome": "answered",
            "channel": self.of("", "voice", "Chat"),
            "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
            "queued_at": "",
            "ended_at": "",
            "wait_seconds": self.of("", "0", "7", "30"),
            "is_resolved": self.of("", "true", "false"),
            "cost_amount": self.of("", "0.5", "12.25"),
        }

    def _orders(self) -> dict[str, str]:
        return {
            "order_id": f"o{self.random.randrange(15)}",
            "customer_id": "u1",
            "ordered_at": f"{self.instant():%Y-%m-%d %H:%M:%S}",
            "net_amount": self.of("0", "10", "99.5"),
            "margin_amount": self.of("", "2.5"),
            "status": self.of("", "confirmed"),
        }

    def _web_visits(self) -> dict[str, str]:
        return {
            "visit_date": f"{self.instant(1):%Y-%m-%d}",
            "source_channel": self.of("web", "tv"),
            "campaign_id": self.of("", "k1"),
            "visits": self.of("0", "3", "40"),
        }

    def _survey_invitations(self) -> dict[str, str]:
        return {
            "invitation_id": f"j{self.random.randrange(6)}",
            "survey_id": "s1",
            "survey_type": self.of("csat", "NPS"),
            "respondent_type": self.of("", "customer", "Employee"),
            "sent_at": f"{self.instant(2):%Y-%m-%dT%H:%M:%SZ}",
        }

    def _survey_responses(self) -> dict[str, str]:
        return {
            "response_id": f"b{self.random.randrange(15)}",
            "invitation_id": self.of("", "", *(f"j{number}" for number in range(8))),
            "survey_id": "s1",
            "survey_type": "csat",
            "answered_at": f"{self.instant(2):%Y-%m-%d %H:%M}",
            "score": self.of("0", "5", "10"),
            "scale_min": "0",
            "scale_max": "10",
            "higher_is_better": self.of("", "true"),
        }
