"""Small random raw data in which what KPIs go wrong on is likely: windows, boundaries, midnights, clock changes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from callmart.paths import PROJECT

Row = dict[str, object]
Tables = dict[str, list[tuple[str, Row]]]

AS_OF_DATE, AS_OF_INSTANT = "1999-12-31", "1999-12-31T23:59:59Z"

# Settings of a compilation. An `as_of` in it stands for one that each data set brings along.
VARIANTS: tuple[dict[str, object], ...] = (
    {},
    {
        "as_of": AS_OF_DATE,
        "source_timezone": "Europe/Paris",
        "fcr_window_days": 1,
        "service_level_seconds": 30,
        "follow_up_days": 1,
        "attempts_to_process": 2,
        "min_group_size": 2,
    },
    {
        "as_of": AS_OF_INSTANT,
        "source_timezone": "America/New_York",
        "reporting_timezone": "America/New_York",
        "short_abandon_seconds": 10,
        "ring_cycle_seconds": 3,
        "selfcare_window_hours": 2,
        "follow_up_days": 2,
        "attempts_to_process": 3,
        "min_group_size": 3,
    },
)


@dataclass(frozen=True)
class DataSet:
    """Raw rows, each with the file it lies in, and what a run of them is given.

    Attributes:
        variant: which of the compiled projects.
        as_of: the setting, or None where the newest event decides.
        run_started_at: what lies after it is in the future.
        tables: the rows.
    """

    variant: int
    as_of: str | None
    run_started_at: datetime
    tables: Tables

    def write(self, folder: Path) -> None:
        for table, rows in self.tables.items():
            for name in dict.fromkeys(name for name, _ in rows):
                write_rows_of(folder, table, name, [row for other, row in rows if other == name])


def write_rows_of(folder: Path, table: str, name: str, rows: Sequence[Row]) -> Path:
    """Write a file of a raw table below the raw folder."""
    path = folder / table / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(path, rows)
    return path


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def shifted_as_of(as_of: str, days: int) -> str:
    """The same kind of `as_of`, so many days later."""
    moved = datetime.fromisoformat(as_of) + timedelta(days=days)
    return moved.date().isoformat() if len(as_of) == len(AS_OF_DATE) else f"{moved:%Y-%m-%dT%H:%M:%SZ}"


# Nights and days that KPIs go wrong on: both clock changes of Paris and New York, a turn of the year.
ANCHORS = (
    datetime(2024, 3, 31, 1, tzinfo=UTC),
    datetime(2024, 10, 27, 1, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 6, tzinfo=UTC),
    datetime(2024, 12, 31, 23, tzinfo=UTC),
    datetime(2024, 6, 12, 9, tzinfo=UTC),
)
DAY, WEEK = 86400, 7 * 86400
# Seconds from an anchor: around it, around midnights, exactly a window of days away, and anywhere near.
SHIFTS = st.one_of(
    st.sampled_from(
        [0, -1, 1, -3600, 3600, 1800, -1800, 7200, -7200, 22 * 3600, 23 * 3600, 4 * 3600, 5 * 3600]
    ),
    st.sampled_from([DAY, DAY + 1, -DAY, WEEK, WEEK + 1, WEEK - 1, -WEEK, -WEEK - 1]),
    st.integers(-3 * DAY, 3 * DAY).map(lambda seconds: seconds // 900 * 900),
)
GAPS = st.sampled_from(
    [0, 0, 1, 2, 4, 5, 6, 9, 10, 11, 17, 18, 19.6, 20, 20.4, 21, 30, 31, 59, 60, 61, 600, 5000]
)
DURATIONS = st.sampled_from(
    [
        "",
        "",
        "",
        "0",
        "4",
        "5",
        "6",
        "9",
        "10",
        "11",
        "17",
        "18",
        "20",
        "20.4",
        "20.5",
        "21",
        "30",
        "60",
        "61",
        "900",
    ]
)
BOOLEANS = st.sampled_from(["", "", "true", "0", "yes", "NON", "1", "maybe"])
CALL_IDS = [f"c{number}" for number in range(14)]
INBOUND = ["answered"] * 6 + [
    "abandoned",
    "abandoned",
    "abandoned_ivr",
    "voicemail",
    "callback_requested",
    "self_served",
    "overflowed",
    "timed_out",
    "closed",
    "failed",
]
OUTBOUND = ["answered"] * 3 + [
    "answering_machine",
    "no_answer",
    "busy",
    "invalid_number",
    "agent_abandoned",
    "dialer_dropped",
    "failed",
]
FILES = st.sampled_from(["a.csv", "a.csv", "b.csv", "deep/a.csv", "z.jsonl"])
VERSIONS = st.sampled_from(["", "", "", "2024-12-01T00:00:00Z", "2024-12-02T00:00:00Z"])
DISPOSITIONS = ["", "", "NO_SUCH_CODE", *(
    row["code"] for row in csv.DictReader((PROJECT / "seeds" / "dispositions.csv").read_text().splitlines())
)]  # fmt: skip


class Draw:
    """Draws the rows of one data set, for a variant of the settings that is drawn too where none is given."""

    def __init__(self, draw: st.DrawFn, variant: int | None = None) -> None:
        self.draw = draw
        self.variant = draw(st.integers(0, len(VARIANTS) - 1)) if variant is None else variant
        self.anchor = draw(st.sampled_from(ANCHORS))
        self.is_repeat_caller = draw(st.booleans())
        self.source_zone = ZoneInfo(str(VARIANTS[self.variant].get("source_timezone", "UTC")))

    def of(self, *choices: object) -> Any:
        return self.draw(st.sampled_from(choices))

    def moment(self) -> datetime:
        return self.anchor + timedelta(seconds=self.draw(SHIFTS))

    def text(self, instant: datetime | None) -> str:
        """An instant as a file may write it; without an offset it is in the source's zone."""
        if instant is None:
            return ""
        spelling = self.draw(st.integers(0, 3))
        if spelling == 0:
            return instant.astimezone(self.source_zone).replace(tzinfo=None).isoformat()
        if spelling == 1:
            return instant.astimezone(ZoneInfo("Asia/Kolkata")).isoformat(sep=" ")
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def rows(self, one: Any, most: int) -> list[tuple[str, Row]]:
        return [(self.draw(FILES), one()) for _ in range(self.draw(st.integers(0, most)))]

    def call(self) -> Row:
        return {**self.any_call(), **(self.repeat_call() if self.is_repeat_caller else {})}

    def repeat_call(self) -> Row:
        """What makes contacts of one customer follow each other, most of them answered and resolved."""
        outcome = self.of(*["answered"] * 4, "abandoned", "voicemail")
        started = self.moment()
        return {
            "direction": self.of(*["inbound"] * 8, "outbound") if outcome == "answered" else "inbound",
            "outcome": outcome,
            "interaction_id": self.of("", "x1", "x2", "x3", "x4"),
            "started_at": self.text(started),
            "queued_at": self.text(started),
            "answered_at": self.text(started) if outcome == "answered" else "",
            "ended_at": self.text(started + timedelta(seconds=60)),
            "wrap_seconds": "",
            "customer_id": self.of("u1", "u1", "u2", "u3", "u4"),
            "is_resolved": self.of("1", "1", "1", "0"),
            "is_escalated": self.of(*[""] * 4, "1"),
            "is_test": "",
        }

    def any_call(self) -> Row:
        direction = self.of(*["inbound"] * 6, *["outbound"] * 3, "internal")
        outcome = self.of(*(OUTBOUND if direction == "outbound" else INBOUND))
        started = self.moment()
        queued = self.later(started)
        answered = self.later(queued or started) if outcome == "answered" or self.of(*[0] * 9, 1) else None
        ended = self.later(answered or queued or started)
        return {
            "call_id": self.of(*CALL_IDS),
            "interaction_id": self.of("", "", "x1", "x2", "x3"),
            "previous_call_id": self.of(*[""] * 5, *CALL_IDS[:4]),
            "direction": direction if self.of(*range(40)) else "sideways",
            "outcome": outcome,
            "channel": self.of("", "", "Chat", "email"),
            "started_at": self.text(started),
            "queued_at": self.text(queued),
            "answered_at": self.text(answered),
            "ended_at": self.text(ended) if self.of(*range(25)) else "not an instant",
            "wait_seconds": self.draw(DURATIONS),
            "talk_seconds": self.draw(DURATIONS),
            "hold_seconds": self.draw(DURATIONS),
            "wrap_seconds": self.draw(DURATIONS) if self.of(*range(30)) else "-1",
            "queue_id": self.of("", "q1", "q1", "q2", "q3", "q9"),
            "agent_id": self.of("", "a1", "a1", "a2", "a3", "a9"),
            "customer_id": self.of("", "u1", "u1", "u2"),
            "campaign_id": self.of("", "k1", "k2", "k9"),
            "contact_list_id": self.of("", "l1", "l2"),
            "source_channel": self.of("", "web", "tv"),
            "disposition_code": self.of(*DISPOSITIONS),
            "contact_reason": self.of("", "", "billing", "fault"),
            "is_resolved": self.draw(BOOLEANS),
            "is_escalated": self.of("", "", "", "1", "0"),
            "is_recorded": self.draw(BOOLEANS),
            "recording_url": self.of("", "", "https://example.org/1"),
            "is_test": self.of(*[""] * 8, "0", "1"),
            "is_callback": self.of(*[""] * 6, "0", "1"),
            "redirected_to": self.of("", "", "web", "faq"),
            "updated_at": self.draw(VERSIONS),
        }

    def later(self, instant: datetime) -> datetime | None:
        """The instant and a gap; unknown one time in six, before it one time in thirty."""
        if not self.of(*range(6)):
            return None
        gap = self.draw(GAPS) if self.of(*range(30)) else -1
        return instant + timedelta(seconds=gap)

    def queue(self) -> Row:
        zones = ("", "", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "No/Zone")
        return {
            "queue_id": self.of("q1", "q2", "q3"),
            "site": self.of("", "Lille", "Lyon"),
            "timezone": self.of(*zones),
            "tier": self.of("", "1", "2", "3"),
            "updated_at": self.draw(VERSIONS),
        }

    def agent(self) -> Row:
        since = self.anchor.date() + timedelta(days=self.draw(st.integers(-3, 2)))
        return {
            "agent_id": self.of("a1", "a1", "a2", "a3"),
            "team_id": self.of("", "t1", "t2"),
            "site": self.of("", "Lille", "Lyon"),
            "valid_from": self.of("", since.isoformat(), since.isoformat()),
            "hired_on": self.of("", "", self.day()),
            "left_on": self.of("", "", self.day()),
            "updated_at": self.draw(VERSIONS),
        }

    def state(self) -> Row:
        started = self.moment()
        length = timedelta(seconds=self.of(0, 1, 600, 3600, 5400, 30 * 3600))
        return {
            "agent_id": self.of("a1", "a1", "a2", "a3"),
            "started_at": self.text(started),
            "ended_at": self.text(self.of(None, started + length, started + length)),
            "state": self.of("available", "on_contact", "wrap", "break", "offline", "Offline"),
            "queue_id": self.of("", "q1"),
            "updated_at": self.draw(VERSIONS),
        }

    def session(self) -> Row:
        return {
            "session_id": f"s{self.draw(st.integers(0, 9))}",
            "customer_id": self.of("", "u1", "u1", "u2"),
            "started_at": self.text(self.moment()),
            "updated_at": self.draw(VERSIONS),
        }

    def day(self) -> str:
        """A date around the anchor; half of them the anchor's own."""
        return (self.anchor.date() + timedelta(days=self.of(0, 0, 0, -1, 1, -30, 31))).isoformat()

    def money(self) -> str:
        return str(self.of("", "0", "10", "12.5", "99.99", "-5", "1000000.0001"))

    def currency(self) -> str:
        return str(self.of("", "", "EUR", "usd", "GBP", "XXX"))

    def lead_id(self) -> str:
        return str(self.of("v1", "v1", "v2", "v3", "v4", "v9"))

    def campaign(self) -> Row:
        return {
            "campaign_id": self.of("k1", "k2"),
            "objective": self.of("", "sale", "Sales", "leads"),
            "starts_on": self.of("", self.day(), self.day()),
            "persons_targeted": self.of("", "", "10"),
            "persons_pushed": self.of("", "", "7"),
        }

    def attempt(self) -> Row:
        """An outbound call of a record and a lead, most of them reaching somebody."""
        started = self.moment()
        outcome = self.of(*["answered"] * 4, *OUTBOUND)
        return {
            **self.any_call(),
            "direction": self.of(*["outbound"] * 8, "inbound"),
            "outcome": outcome,
            "started_at": self.text(started),
            "queued_at": "",
            "answered_at": "",
            "ended_at": "",
            "wrap_seconds": "",
            "is_test": "",
            "lead_id": self.of("", self.lead_id(), self.lead_id()),
            "contact_record_id": self.of("", "r1", "r2", "r3", "r4", "r9"),
            "cost_amount": self.money(),
            "currency": self.currency(),
        }

    def lead(self) -> Row:
        created = self.moment()
        contact = self.of(None, None, created + timedelta(seconds=self.of(0, 60, DAY)))
        return {
            "lead_id": self.of("v1", "v2", "v3", "v4"),
            "created_at": self.text(created),
            "source_channel": self.of("", "web", "tv"),
            "campaign_id": self.of("", "k1", "k2"),
            "industry": self.of("", "healthcare", "retail"),
            "company_size": self.of("", "small", "large"),
            "owner_agent_id": self.of("", "a1", "a2"),
            "created_by_call_id": self.of("", "", *CALL_IDS[:4]),
            "is_test": self.of(*[""] * 6, "1"),
            "status": self.of(
                "", "new", "contacted", "qualified", "converted", "rejected", "duplicate", "spam"
            ),
            "first_contact_at": self.text(contact),
            "qualified_at": self.text(self.of(None, created + timedelta(seconds=self.of(0, 3600, 2 * DAY)))),
            "converted_at": self.text(self.of(None, created + timedelta(seconds=self.of(3600, 2 * DAY)))),
            "merged_into_lead_id": self.of(*[""] * 6, "v1", "v2", "v3", "v9"),
            "updated_at": self.draw(VERSIONS),
        }

    def activity(self) -> Row:
        return {
            "activity_id": f"y{self.draw(st.integers(0, 9))}",
            "lead_id": self.lead_id(),
            "activity_type": self.of("call", "call", "email", "sms", "meeting", "info_sent"),
            "occurred_at": self.text(self.moment() + timedelta(seconds=self.of(0, 0, 299, 300, 301))),
            "agent_id": self.of("", "a1", "a2"),
            "disposition_code": self.of(*DISPOSITIONS),
            "is_automated": self.of("", "", "0", "1"),
        }

    def appointment(self) -> Row:
        return {
            "appointment_id": f"p{self.draw(st.integers(0, 3))}",
            "lead_id": self.lead_id(),
            "call_id": self.of("", *CALL_IDS),
            "booked_at": self.text(self.moment()),
            "status": self.of("", "booked", "cancelled"),
        }

    def opportunity(self) -> Row:
        created = self.moment()
        return {
            "opportunity_id": f"w{self.draw(st.integers(0, 5))}",
            "campaign_id": self.of("", "k1", "k2"),
            "created_at": self.text(created),
            "closed_at": self.text(self.of(None, created + timedelta(seconds=self.of(0, 60, DAY, 10 * DAY)))),
            "is_won": self.draw(BOOLEANS),
            "amount": self.money(),
            "currency": self.currency(),
        }

    def contact_list(self) -> Row:
        return {
            "contact_list_id": self.of("l1", "l2"),
            "campaign_id": self.of("", "k1", "k2"),
            "supplied_at": self.text(self.of(None, self.moment(), self.moment())),
        }

    def contact_record(self) -> Row:
        return {
            "contact_record_id": self.of("r1", "r2", "r3", "r4", "r5"),
            "contact_list_id": self.of("l1", "l1", "l2", "l9"),
            "person_key": self.of("", "", "x1", "x2"),
            "lead_id": self.of("", "v1", "v2"),
            "validity": self.of("", "valid", "valid", "valid", "duplicate", "invalid_number"),
            "final_disposition_code": self.of(*[""] * 6, *DISPOSITIONS),
        }

    def cost(self) -> Row:
        return {
            "cost_id": f"z{self.draw(st.integers(0, 5))}",
            "campaign_id": self.of("", "k1", "k2"),
            "cost_date": self.day(),
            "cost_family": self.of("marketing", "commercial", "operations"),
            "amount": self.of(self.money(), "100"),
            "currency": self.currency(),
        }

    def order(self) -> Row:
        return {
            "order_id": f"o{self.draw(st.integers(0, 7))}",
            "customer_id": self.of("u1", "u1", "u2", "u3"),
            "lead_id": self.of("", "", self.lead_id()),
            "call_id": self.of("", "", *CALL_IDS),
            "campaign_id": self.of("", "", "k1", "k2"),
            "agent_id": self.of("", "a1", "a2"),
            "ordered_at": self.text(self.moment() + timedelta(days=self.of(0, 0, 31, 62))),
            "status": self.of("", *["confirmed"] * 4, "cancelled", "refunded"),
            "net_amount": self.of(self.money(), "100", "40"),
            "margin_amount": self.money(),
            "currency": self.currency(),
        }

    def customer(self) -> Row:
        return {
            "customer_id": self.of("u1", "u2", "u3"),
            "created_at": self.text(self.of(None, self.moment())),
            "segment": self.of("", "gold", "basic"),
            "acquired_campaign_id": self.of("", "k1", "k2"),
            "updated_at": self.draw(VERSIONS),
        }

    def customer_event(self) -> Row:
        return {
            "event_id": f"e{self.draw(st.integers(0, 11))}",
            "customer_id": self.of("u1", "u2", "u3"),
            "event_type": self.of("activated", "activated", "churned", "reactivated"),
            "occurred_at": self.text(self.moment() + timedelta(days=self.of(-62, -31, 0, 0, 31))),
        }

    def email(self) -> Row:
        sent = self.moment()
        return {
            "send_id": f"n{self.draw(st.integers(0, 9))}",
            "campaign_id": self.of("", "k1", "k2"),
            "recipient_key": self.of("x1", "x2", "x3"),
            "sent_at": self.text(sent),
            "delivered_at": self.text(self.of(None, sent, sent + timedelta(seconds=9))),
            "opened_at": self.text(self.of(None, sent + timedelta(seconds=60))),
            "is_machine_open": self.of("", "0", "1"),
        }

    def visit(self) -> Row:
        return {
            "visit_date": self.day(),
            "source_channel": self.of("web", "tv"),
            "campaign_id": self.of("", "k1", "k2"),
            "visits": self.of("0", "3", "40"),
        }

    def ticket(self) -> Row:
        created = self.moment()
        reply, solved, closed = (
            self.of(None, created + timedelta(seconds=self.of(0, 59, 3600, DAY, 4 * DAY))) for _ in range(3)
        )
        return {
            "ticket_id": f"i{self.draw(st.integers(0, 9))}",
            "customer_id": self.of("", "u1"),
            "channel": self.of("", "email", "chat"),
            "queue_id": self.of("", "q1", "q2", "q9"),
            "agent_id": self.of("", "a1", "a2"),
            "created_at": self.text(created),
            "first_reply_at": self.text(reply),
            "solved_at": self.text(solved),
            "closed_at": self.text(closed),
            "status": self.of("", "open", "solved", "closed", "merged", "deleted"),
            "agent_replies": self.of("", "0", "1", "1", "2"),
            "reopens": self.of("", "0", "0", "1"),
            "is_escalated": self.draw(BOOLEANS),
            "is_complaint": self.draw(BOOLEANS),
            "product_feature": self.of("", "login", "invoice"),
            "updated_at": self.draw(VERSIONS),
        }

    def survey(self) -> Row:
        """What invitations and responses have in common."""
        return {
            "survey_id": self.of("s1", "s1", "s2"),
            "survey_type": self.of("csat", "nps", "ces", *["enps"] * 3, *["pulse"] * 3),
            "call_id": self.of("", "", *CALL_IDS[:6]),
            "ticket_id": self.of("", "", "i1", "i2"),
            "agent_id": self.of("", "", "a1", "a2", "a3"),
            "team_id": self.of("", "t1", "t1", "t2", "t3"),
        }

    def invitation(self) -> Row:
        return {
            "invitation_id": f"j{self.draw(st.integers(0, 9))}",
            **self.survey(),
            "respondent_type": self.of("", "customer", "employee"),
            "sent_at": self.text(self.moment() - timedelta(days=self.of(0, 1, 8))),
        }

    def response(self) -> Row:
        low, high = self.of((0, 10), (0, 10), (1, 10), (1, 5), (1, 5), (1, 7), (0, 1), (1, 4), (0, 5), (2, 6))
        return {
            "response_id": f"b{self.draw(st.integers(0, 29))}",
            "invitation_id": self.of("", *(f"j{number}" for number in range(10))),
            **self.survey(),
            "answered_at": self.text(self.moment() + timedelta(days=self.of(0, 0, 0, 0, 7, 31, 93))),
            "score": self.draw(st.integers(low, high + self.of(*[0] * 9, 1))),
            "scale_min": low,
            "scale_max": high,
            "higher_is_better": self.of(*[""] * 5, "1", "0"),
            "customer_id": self.of("", "u1"),
        }

    def evaluation(self) -> Row:
        return {
            "evaluation_id": f"g{self.draw(st.integers(0, 9))}",
            "agent_id": self.of("a1", "a2", "a9"),
            "call_id": self.of("", *CALL_IDS),
            "evaluated_at": self.text(self.moment()),
            "score": self.of("0", "7.5", "10", "11"),
            "max_score": self.of("10", "10", "20"),
            "script_adherence_percent": self.of("", "0", "66.6", "100"),
        }

    def meeting(self) -> Row:
        return {
            "meeting_id": f"m{self.draw(st.integers(0, 9))}",
            "agent_id": self.of("a1", "a2", "a9"),
            "held_at": self.text(self.moment() + timedelta(days=self.of(0, 0, 31))),
            "minutes": self.of("", "30"),
        }

    def vendor_figure(self) -> Row:
        return {
            "figure_date": self.day(),
            "queue_id": self.of("", "q1", "q2"),
            "figure": self.of(
                "offered_calls", "Answered_Calls", "abandoned_calls", "outbound_calls", "calls"
            ),
            "calls": self.of("0", "3", "40", ""),
        }

    def as_of(self) -> str | None:
        given = VARIANTS[self.variant].get("as_of")
        if given is None:
            return None
        instant = self.moment() + timedelta(days=self.of(0, 9, 9))
        return instant.date().isoformat() if given == AS_OF_DATE else f"{instant:%Y-%m-%dT%H:%M:%SZ}"

    def data_set(self, theme: str | None = None) -> DataSet:
        """Calls, and the tables that KPIs of one kind need: few rows of everything would seldom meet."""
        theme = theme or self.of(
            "calls", "calls", "outbound", "outbound", "money", "surveys", "tickets", "everything"
        )
        call = self.attempt if theme in ("outbound", "money") else self.call
        tables = {"calls": [(self.draw(FILES), call()) for _ in range(self.draw(st.integers(1, 16)))]}
        for name, row, most, themes in (
            ("queues", self.queue, 4, "calls tickets surveys"),
            ("agents", self.agent, 6, "calls outbound surveys money tickets shifts"),
            ("agent_states", self.state, 60 if theme == "shifts" else 8, "calls shifts"),
            ("selfservice_sessions", self.session, 4, "calls"),
            ("campaigns", self.campaign, 2, "calls outbound money"),
            ("contact_lists", self.contact_list, 2, "outbound"),
            ("contact_records", self.contact_record, 6, "outbound"),
            ("leads", self.lead, 5, "outbound money"),
            ("lead_activities", self.activity, 8, "outbound"),
            ("appointments", self.appointment, 2, "outbound"),
            ("orders", self.order, 8, "money outbound"),
            ("campaign_costs", self.cost, 5, "money"),
            ("opportunities", self.opportunity, 6, "money"),
            ("customers", self.customer, 4, "money"),
            ("customer_events", self.customer_event, 8, "money"),
            ("email_sends", self.email, 8, "money"),
            ("web_visits", self.visit, 4, "money"),
            ("tickets", self.ticket, 10, "tickets surveys"),
            ("survey_invitations", self.invitation, 8, "surveys"),
            ("survey_responses", self.response, 30, "surveys"),
            ("qa_evaluations", self.evaluation, 6, "surveys"),
            ("one_on_ones", self.meeting, 4, "surveys"),
            ("vendor_figures", self.vendor_figure, 6, "calls"),
        ):
            if theme in ("everything", *themes.split()):
                tables[name] = self.rows(row, most)
        run_started_at = self.of(*[datetime(2026, 1, 1, tzinfo=UTC)] * 5, self.anchor + timedelta(days=1))
        return DataSet(self.variant, self.as_of(), run_started_at, tables)


@st.composite
def data_sets(draw: st.DrawFn, variant: int | None = None, theme: str | None = None) -> DataSet:
    return Draw(draw, variant).data_set(theme)
