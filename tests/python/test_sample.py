"""The sample is the same every time, holds what it says, hangs together, and queues as theory says."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from callmart.sample import SampleError, write_sample
from callmart.sample.clock import easter_sunday, french_holidays, offset_at, to_utc
from callmart.sample.queueing import simulate

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, str | None]
PARQUET_READER = duckdb.connect()


# --- a plain reader of the files, and the contract's rules, written here a second time on purpose


def read_file(path: Path) -> Iterator[Row | None]:
    """The rows of a file as text; None for a line that its format cannot read."""
    if path.suffix == ".parquet":
        cursor = PARQUET_READER.execute(f"select cast(columns(*) as varchar) from read_parquet('{path}')")
        names = [column[0] for column in cursor.description or []]
        for values in cursor.fetchall():
            yield dict(zip(names, values, strict=True))
    elif path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found: dict[str, Any] = json.loads(line)
            except json.JSONDecodeError:
                yield None
                continue
            yield {name: None if value is None else str(value) for name, value in found.items()}
    else:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open() as stream:
            reader = csv.reader(stream)
            header = next(reader)
            for line_values in reader:
                if len(line_values) != len(header):
                    yield None
                else:
                    yield {name: value or None for name, value in zip(header, line_values, strict=True)}


def read_table(folder: Path, table: str) -> list[tuple[str, int, Row | None]]:
    """Every landed row of a table with its file and its place in it."""
    return [
        (path.relative_to(folder).as_posix(), place, row)
        for path in sorted((folder / table).iterdir())
        for place, row in enumerate(read_file(path))
    ]


def instant(text: str | None) -> dt.datetime | None:
    """An instant, or None when the text is none."""
    if text is None or not re.match(r"\d{4}-\d\d-\d\d[T ]\d", text):
        return None
    value = dt.datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def is_number(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def is_date(text: str | None) -> bool:
    try:
        dt.date.fromisoformat(text or "")
    except ValueError:
        return False
    return True


CASTS: dict[str, Callable[[str | None], bool]] = {
    "instant": lambda text: instant(text) is not None,
    "number": is_number,
    "date": is_date,
    "boolean": lambda text: text is not None and text.lower() in ("true", "false", "0", "1"),
}

RULES: dict[str, dict[str, Any]] = {
    "calls": {
        "key": ["call_id"],
        "required": {"direction": "", "outcome": "", "started_at": "instant"},
        "allowed": {
            "direction": "inbound outbound internal",
            "channel": "voice chat email sms social video",
            "outcome": "answered abandoned abandoned_ivr voicemail callback_requested self_served overflowed"
            " timed_out closed failed answering_machine no_answer busy invalid_number agent_abandoned"
            " dialer_dropped",
            "redirected_to": "web faq chatbot community app",
            "disconnected_by": "customer agent system",
        },
        "durations": ["ivr", "wait", "ring", "talk", "hold", "wrap"],
        "pairs": "started_at<queued_at queued_at<answered_at started_at<answered_at started_at<ended_at"
        " answered_at<ended_at",
        "events": "started_at queued_at answered_at ended_at",
        "optional": {"talk_seconds": "number", "is_recorded": "boolean", "cost_amount": "number"},
    },
    "agents": {"key": ["agent_id", "valid_from"]},
    "agent_states": {
        "key": ["agent_id", "started_at"],
        "required": {"state": ""},
        "allowed": {"state": "available on_contact wrap break training meeting other offline"},
        "pairs": "started_at<ended_at",
        "events": "started_at ended_at",
    },
    "queues": {"key": ["queue_id"]},
    "customers": {"key": ["customer_id"], "optional": {"birth_year": "number"}},
    "customer_events": {
        "key": ["event_id"],
        "required": {"customer_id": "", "event_type": "", "occurred_at": "instant"},
        "allowed": {"event_type": "activated churned reactivated"},
    },
    "leads": {
        "key": ["lead_id"],
        "required": {"created_at": "instant"},
        "allowed": {
            "status": "new contacted qualified converted rejected duplicate spam",
            "company_size": "small medium enterprise",
        },
        "pairs": "created_at<converted_at first_contact_at<converted_at created_at<qualified_at",
        "events": "created_at first_contact_at qualified_at converted_at",
        "optional": {"first_contact_at": "instant"},
    },
    "lead_activities": {
        "key": ["activity_id"],
        "required": {"lead_id": "", "activity_type": "", "occurred_at": "instant"},
        "allowed": {"activity_type": "call email sms meeting info_sent"},
        "events": "occurred_at",
    },
    "appointments": {
        "key": ["appointment_id"],
        "required": {"booked_at": "instant"},
        "allowed": {"status": "booked held no_show cancelled"},
    },
    "opportunities": {
        "key": ["opportunity_id"],
        "required": {"created_at": "instant"},
        "pairs": "created_at<closed_at",
        "optional": {"amount": "number"},
    },
    "contact_lists": {"key": ["contact_list_id"]},
    "contact_records": {
        "key": ["contact_record_id"],
        "required": {"contact_list_id": ""},
        "allowed": {
            "validity": "valid invalid_number invalid_address duplicate out_of_target opposition_list closed"
        },
    },
    "campaigns": {"key": ["campaign_id"]},
    "campaign_costs": {
        "key": ["cost_id"],
        "required": {"cost_date": "date", "cost_family": "", "amount": "number"},
        "allowed": {"cost_family": "marketing commercial operations"},
    },
    "orders": {
        "key": ["order_id"],
        "required": {"customer_id": "", "ordered_at": "instant", "status": "", "net_amount": "number"},
        "allowed": {"status": "confirmed cancelled refunded"},
        "events": "ordered_at",
        "optional": {"margin_amount": "number"},
    },
    "tickets": {
        "key": ["ticket_id"],
        "required": {"created_at": "instant"},
        "allowed": {"status": "new open pending solved closed merged deleted"},
        "pairs": "created_at<solved_at created_at<closed_at created_at<first_reply_at",
        "optional": {"agent_replies": "number"},
    },
    "survey_invitations": {
        "key": ["invitation_id"],
        "required": {"survey_id": "", "survey_type": "", "sent_at": "instant"},
        "allowed": {"respondent_type": "customer employee"},
    },
    "survey_responses": {
        "key": ["response_id"],
        "required": {
            "survey_id": "", "survey_type": "", "answered_at": "instant", "score": "number",
            "scale_min": "number", "scale_max": "number",
        },
        "allowed": {"survey_type": "csat nps ces enps pulse"},
        "events": "answered_at",
    },
    "email_sends": {
        "key": ["send_id"],
        "required": {"recipient_key": "", "sent_at": "instant"},
        "events": "sent_at delivered_at opened_at",
    },
    "selfservice_sessions": {"key": ["session_id"], "required": {"started_at": "instant"}},
    "web_visits": {"key": ["visit_date", "source_channel", "campaign_id"], "required": {"visits": "number"}},
    "qa_evaluations": {
        "key": ["evaluation_id"],
        "required": {"agent_id": "", "evaluated_at": "instant", "score": "number", "max_score": "number"},
    },
    "one_on_ones": {"key": ["meeting_id"], "required": {"agent_id": "", "held_at": "instant"}},
    "vendor_figures": {
        "key": ["figure_date", "queue_id", "figure"],
        "required": {"calls": "number"},
        "allowed": {"figure": "offered_calls answered_calls abandoned_calls outbound_calls"},
    },
}  # fmt: skip
NOW = dt.datetime(2050, 1, 1, tzinfo=dt.UTC)


def reasons_against(table: str, row: Row, sent: dict[str | None, dt.datetime]) -> list[str]:
    """Every reason to reject a row, by the rules above."""
    rules = RULES[table]
    found = []
    if any(row[name] is None for name in rules["key"] if name not in ("campaign_id", "valid_from")):
        found.append("no key")
    for name, kind in rules.get("required", {}).items():
        if row[name] is None:
            found.append(f"required column empty: {name}")
        elif kind and not CASTS[kind](row[name]):
            found.append(f"required column not castable: {name}")
    for name, words in rules.get("allowed", {}).items():
        if row[name] is not None and row[name] not in words.split():
            found.append(f"value not allowed: {name}")
    for name in rules.get("durations", []):
        value = row[f"{name}_seconds"]
        if is_number(value) and float(value or 0) < 0:
            found.append(f"negative duration: {name}_seconds")
    for pair in rules.get("pairs", "").split():
        earlier, later = pair.split("<")
        first, second = instant(row[earlier]), instant(row[later])
        if first and second and second < first:
            found.append(f"wrong order: {earlier} after {later}")
    for name in rules.get("events", "").split():
        value_at = instant(row[name])
        if value_at and value_at > NOW:
            found.append(f"future instant: {name}")
    if table == "survey_responses" and is_number(row["score"]):
        score, low, high = (float(row[name] or 0) for name in ("score", "scale_min", "scale_max"))
        if high <= low:
            found.append("scale_max not above scale_min")
        elif not low <= score <= high:
            found.append("score outside its scale")
        answered, asked = instant(row["answered_at"]), sent.get(row["invitation_id"])
        if answered and asked and answered < asked:
            found.append("wrong order: sent_at after answered_at")
    return found


class Recount:
    """What a sample holds, counted from its files alone."""

    def __init__(self, folder: Path) -> None:
        self.staged: dict[str, list[Row]] = {}
        self.counts: dict[str, dict[str, Any]] = defaultdict(dict)
        sent: dict[str | None, dt.datetime] = {}
        tables = sorted(path.name for path in folder.iterdir() if path.is_dir())
        tables.sort(key=lambda name: name != "survey_invitations")
        for table in tables:
            landed = read_table(folder, table)
            reasons: Counter[str] = Counter()
            rejected = 0
            versions: dict[tuple[object, ...], list[tuple[Any, ...]]] = defaultdict(list)
            casts = 0
            for file, place, row in landed:
                found = ["unparseable line"] if row is None else reasons_against(table, row, sent)
                reasons.update(found)
                rejected += bool(found)
                if row is not None and not found:
                    for name, kind in RULES[table].get("optional", {}).items():
                        casts += row[name] is not None and not CASTS[kind](row[name])
                    # One instant may be written in two ways.
                    key = tuple(instant(row[name]) or row[name] for name in RULES[table]["key"])
                    age = instant(row.get("updated_at"))
                    newest = (age is not None, age or NOW, file.encode(), place)
                    versions[key].append((*newest, row))
            self.staged[table] = [max(rows, key=lambda row: row[:4])[4] for rows in versions.values()]
            if table == "survey_invitations":
                sent = {row["invitation_id"]: instant(row["sent_at"]) or NOW for row in self.staged[table]}
            self.counts["rows_landed"][table] = len(landed)
            self.counts["rows_staged"][table] = len(self.staged[table])
            self.counts["rows_rejected"][table] = rejected
            self.counts["rejected_by_reason"][table] = dict(reasons)
            self.counts["rows_superseded"][table] = sum(len(rows) - 1 for rows in versions.values())
            self.counts["unparseable_lines"][table] = reasons["unparseable line"]
            self.counts["optional_cast_failures"][table] = casts


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("sample") / "raw"
    return folder, write_sample(folder, legs=30_000)


@pytest.fixture(scope="module")
def recount(sample: tuple[Path, dict[str, Any]]) -> Recount:
    return Recount(sample[0])


def without_zeros(value: Any) -> Any:
    if isinstance(value, dict):
        plain = {key: without_zeros(inner) for key, inner in value.items()}
        return {key: inner for key, inner in plain.items() if inner}
    return value


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- the same every time


@pytest.mark.parametrize("file_format", ["mixed", "csv", "parquet"])
def test_the_same_arguments_give_the_same_files(tmp_path: Path, file_format: Any) -> None:
    small = {"legs": 3_000, "days": 40, "file_format": file_format}
    first = write_sample(tmp_path / "a", **small)
    again = write_sample(tmp_path / "b", **small)
    other = write_sample(tmp_path / "c", seed=8, **small)
    assert first == again
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")
    assert abs(other["rows_staged"]["calls"] - 3_000) < 900


def test_the_format_does_not_change_the_rows(tmp_path: Path) -> None:
    truths = {
        name: write_sample(tmp_path / name, legs=2_000, days=20, file_format=name)
        for name in ("mixed", "csv", "parquet")
    }
    assert truths["mixed"]["rows_staged"] == truths["csv"]["rows_staged"] == truths["parquet"]["rows_staged"]
    for name, truth in truths.items():
        found = Recount(tmp_path / name)
        assert without_zeros(found.counts["rejected_by_reason"]) == truth["rejected_by_reason"], name


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(SampleError, match="name an empty folder"):
        write_sample(tmp_path, legs=300, days=7)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_an_earlier_sample_is_replaced_unless_someone_added_to_it(tmp_path: Path) -> None:
    write_sample(tmp_path, legs=300, days=7)
    write_sample(tmp_path, legs=300, days=7, file_format="csv")
    assert not list(tmp_path.rglob("*.parquet"))
    (tmp_path / "calls" / "mine.csv").write_text("call_id\n1\n", encoding="utf-8")
    with pytest.raises(SampleError, match=r"calls/mine\.csv .* move it away"):
        write_sample(tmp_path, legs=300, days=7)
    assert (tmp_path / "calls" / "mine.csv").exists()


# --- what it says it holds


@pytest.mark.parametrize(
    "what",
    [
        "rows_landed", "rows_staged", "rows_rejected", "rejected_by_reason", "rows_superseded",
        "unparseable_lines", "optional_cast_failures",
    ],
)  # fmt: skip
def test_the_truth_is_what_a_recount_of_the_files_finds(
    sample: tuple[Path, dict[str, Any]], recount: Recount, what: str
) -> None:
    assert without_zeros(recount.counts[what]) == sample[1][what]


def test_landed_rows_are_staged_rejected_or_superseded(sample: tuple[Path, dict[str, Any]]) -> None:
    truth = sample[1]
    for table, landed in truth["rows_landed"].items():
        parts = [truth[name].get(table, 0) for name in ("rows_staged", "rows_rejected", "rows_superseded")]
        assert sum(parts) == landed, table


def test_the_counts_of_special_calls_are_what_the_files_hold(
    sample: tuple[Path, dict[str, Any]], recount: Recount
) -> None:
    truth = sample[1]
    calls = recount.staged["calls"]
    with (ROOT / "seeds" / "dispositions.csv").open(encoding="utf-8") as stream:
        codes = {row["code"] for row in csv.DictReader(stream)}
    paris = zone_days(calls, "started_at") != zone_days(calls, "ended_at")
    legs: Counter[str | None] = Counter(
        row["interaction_id"] for row in calls if row["direction"] == "inbound"
    )
    answered = [row for row in calls if row["outcome"] == "answered"]
    found = {
        "test_calls": sum(is_true(row["is_test"]) for row in calls),
        "internal_legs": sum(row["direction"] == "internal" for row in calls),
        "transfers": sum(row["previous_call_id"] is not None for row in calls),
        "unknown_disposition_calls": sum(
            row["disposition_code"] is not None and row["disposition_code"] not in codes for row in calls
        ),
        "answered_legs_without_wrap": sum(row["wrap_seconds"] is None for row in answered),
        "calls_over_midnight": int(paris.sum()),
        "interactions_with_three_inbound_legs": sum(number == 3 for number in legs.values()),
    }
    assert found == {name: truth[name] for name in found}
    assert all(number > 0 for number in found.values())
    late = [row for file, _, row in read_table(sample[0], "calls") if file.startswith("calls/late_") and row]
    assert len(late) == truth["late_rows"]["calls"] > 0
    assert all((row["started_at"] or "") < "2024-05-02" for row in late)


def test_calls_of_the_repeated_hour_are_told_apart(
    sample: tuple[Path, dict[str, Any]], recount: Recount
) -> None:
    starts = [instant(row["started_at"]) or NOW for row in recount.staged["calls"]]
    change = dt.datetime(2024, 10, 27, 1, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    night = sample[1]["clock_change_calls"]["2024-10-27"]
    assert sum(change - hour <= start < change for start in starts) == night["repeated_hour_first_pass"] >= 3
    assert sum(change <= start < change + hour for start in starts) == night["repeated_hour_second_pass"] >= 3
    spring = dt.datetime(2024, 3, 31, 1, tzinfo=dt.UTC)
    near = sum(spring - 2 * hour <= start < spring + 2 * hour for start in starts)
    assert near == sample[1]["clock_change_calls"]["2024-03-31"]["started_within_two_hours"] >= 8


def is_true(text: str | None) -> bool:
    return (text or "").lower() in ("true", "1")


def zone_days(rows: list[Row], column: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    from zoneinfo import ZoneInfo

    paris = ZoneInfo("Europe/Paris")
    return np.array([(instant(row[column]) or NOW).astimezone(paris).date().toordinal() for row in rows])


# --- hanging together

LINKS = {
    "calls": "queue_id agent_id customer_id lead_id campaign_id contact_list_id contact_record_id ticket_id",
    "agent_states": "agent_id queue_id",
    "customers": "acquired_campaign_id",
    "customer_events": "customer_id",
    "leads": "campaign_id owner_agent_id created_by_call_id merged_into_lead_id",
    "lead_activities": "lead_id agent_id",
    "appointments": "lead_id call_id agent_id",
    "opportunities": "lead_id customer_id campaign_id",
    "contact_lists": "campaign_id",
    "contact_records": "contact_list_id",
    "campaign_costs": "campaign_id",
    "orders": "customer_id lead_id call_id campaign_id agent_id",
    "tickets": "customer_id queue_id agent_id",
    "survey_invitations": "call_id ticket_id agent_id team_id",
    "survey_responses": "invitation_id call_id ticket_id customer_id agent_id team_id",
    "email_sends": "campaign_id",
    "selfservice_sessions": "customer_id",
    "web_visits": "campaign_id",
    "qa_evaluations": "agent_id call_id",
    "one_on_ones": "agent_id",
    "vendor_figures": "queue_id",
}
TARGETS = {
    "queue": ("queues", "queue_id"), "agent": ("agents", "agent_id"),
    "customer": ("customers", "customer_id"),
    "lead": ("leads", "lead_id"), "campaign": ("campaigns", "campaign_id"),
    "list": ("contact_lists", "contact_list_id"), "record": ("contact_records", "contact_record_id"),
    "ticket": ("tickets", "ticket_id"), "call": ("calls", "call_id"),
    "invitation": ("survey_invitations", "invitation_id"), "team": ("agents", "team_id"),
}  # fmt: skip


@pytest.mark.parametrize("table", LINKS)
def test_every_link_leads_somewhere(recount: Recount, table: str) -> None:
    for column in LINKS[table].split():
        target, key = TARGETS[column.removesuffix("_id").split("_")[-1]]
        known = {row[key] for row in recount.staged[target]} | {None}
        lost = {row[column] for row in recount.staged[table]} - known
        assert not lost, f"{table}.{column}: {sorted(map(str, lost))[:3]}"
        if table != "survey_invitations":
            assert any(row[column] is not None for row in recount.staged[table]), f"{table}.{column} is empty"


def test_a_transferred_leg_follows_the_leg_it_names(recount: Recount) -> None:
    calls = {row["call_id"]: row for row in recount.staged["calls"]}
    for row in calls.values():
        if row["previous_call_id"] is not None:
            before = calls[row["previous_call_id"]]
            assert before["interaction_id"] == row["interaction_id"]
            assert (instant(before["ended_at"]) or NOW) <= (instant(row["started_at"]) or NOW)


def test_no_agent_is_in_two_states_at_once_and_every_handled_leg_is_in_one(recount: Recount) -> None:
    by_agent: dict[str | None, list[tuple[dt.datetime, dt.datetime, str | None]]] = defaultdict(list)
    for row in recount.staged["agent_states"]:
        by_agent[row["agent_id"]].append(
            (instant(row["started_at"]) or NOW, instant(row["ended_at"]) or NOW, row["state"])
        )
    for agent, states in by_agent.items():
        states.sort()
        for (_, ended, _), (started, _, _) in pairwise(states):
            assert ended <= started, agent
    on_contact = {
        (agent, ended)
        for agent, states in by_agent.items()
        for _, ended, state in states
        if state == "on_contact"
    }
    handled = [
        row
        for row in recount.staged["calls"]
        if row["agent_id"]
        and row["direction"] != "internal"
        and not (row["call_id"] or "").startswith("planted")
    ]
    assert len(handled) > 10_000
    assert all((row["agent_id"], instant(row["ended_at"])) in on_contact for row in handled)


def test_unresolved_callers_call_again_more_often(recount: Recount) -> None:
    contacts: dict[tuple[str | None, str | None], list[tuple[dt.datetime, str | None]]] = defaultdict(list)
    for row in recount.staged["calls"]:
        if row["direction"] == "inbound" and row["customer_id"] and row["previous_call_id"] is None:
            contacts[row["customer_id"], row["contact_reason"]].append(
                (instant(row["started_at"]) or NOW, row["is_resolved"])
            )
    again: dict[bool, list[bool]] = {True: [], False: []}
    for calls in contacts.values():
        calls.sort(key=lambda call: call[0])
        for place, (started, resolved) in enumerate(calls):
            if resolved is not None:
                following = calls[place + 1][0] if place + 1 < len(calls) else NOW
                again[is_true(resolved)].append(following - started <= dt.timedelta(days=7))
    assert np.mean(again[False]) > 2.5 * np.mean(again[True]) > 0


def test_satisfaction_follows_resolution(recount: Recount) -> None:
    resolved = {row["call_id"]: row["is_resolved"] for row in recount.staged["calls"]}
    scores: dict[bool, list[float]] = {True: [], False: []}
    for row in recount.staged["survey_responses"]:
        outcome = resolved.get(row["call_id"])
        if row["survey_id"] == "post_call" and outcome is not None:
            scores[is_true(outcome)].append(float(row["score"] or 0))
    assert np.mean(scores[True]) > np.mean(scores[False]) + 0.7


def test_phone_numbers_are_of_the_ranges_kept_for_fiction(recount: Recount) -> None:
    kept = re.compile(r"\+33(19900|26191|35301|46571|53649|63998)\d{4}")
    for row in recount.staged["calls"]:
        for column in ("from_number", "to_number", "dialled_number"):
            assert row[column] is None or kept.fullmatch(row[column] or ""), row[column]


# --- clocks and calendars


def test_local_times_survive_the_way_to_utc_and_back() -> None:
    local = np.arange(1_700_000_000, 1_740_000_000, 997, dtype=np.int64)
    for zone in ("Europe/Paris", "America/Toronto", "UTC"):
        instants = to_utc(local, zone)
        moved = instants + offset_at(instants, zone) - local
        assert set(np.unique(moved)) <= {0, 3600}
        assert (moved != 0).sum() <= 8


def test_the_seed_of_holidays_is_the_calendar() -> None:
    assert easter_sunday(2024) == dt.date(2024, 3, 31)
    assert easter_sunday(2025) == dt.date(2025, 4, 20)
    assert easter_sunday(2038) == dt.date(2038, 4, 25)
    with (ROOT / "seeds" / "holidays.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if not row["business_hours_id"]]
    expected = [
        (day.isoformat(), name) for year in range(2023, 2029) for day, name, _ in french_holidays(year)
    ]
    assert [(row["holiday_date"], row["name_en"]) for row in rows] == sorted(expected)


def test_each_flag_of_a_disposition_implies_the_wider_one() -> None:
    implied = {
        "is_sale": "is_conversion", "is_appointment": "is_conversion", "is_conversion": "is_positive",
        "is_positive": "is_argued", "is_argued": "is_contact_established",
        "is_contact_established": "is_human_answered", "is_human_answered": "is_connected",
        "is_do_not_call": "is_refusal", "is_refusal": "is_contact_established",
    }  # fmt: skip
    with (ROOT / "seeds" / "dispositions.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            for narrow, wide in implied.items():
                assert row[narrow] == "false" or row[wide] == "true", (row["code"], narrow)


# --- the queue, against theory


def erlang_a(
    arrivals: float, service: float, patience: float, servers: int, within: float
) -> dict[str, float]:
    """Abandonment, mean wait of all calls and share answered within a time, in an M/M/n+M queue (Erlang A).

    Rates are per second. The weights of the birth and death chain are multiplied in logarithms, and cut 400
    places deep. By PASTA a call finds the chain in its stationary state.
    """
    levels = servers + 400
    log_weight = np.zeros(levels + 1)
    for level in range(1, levels + 1):
        leaving = min(level, servers) * service + max(level - servers, 0) * patience
        log_weight[level] = log_weight[level - 1] + np.log(arrivals / leaving)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    waiting = np.maximum(np.arange(levels + 1) - servers, 0)
    queue_length = float((weight * waiting).sum())
    # Little's law: calls in queue = arrivals x mean wait, and they leave unserved at `patience` each.
    abandon = patience * queue_length / arrivals
    # Answered within t: run one call's own place in the queue forward in time, by uniformisation.
    depth = 200
    places = weight[servers : servers + depth]
    immediate = float(weight[:servers].sum())
    # State i: i calls ahead (0: next to be served). Leaves downwards at servers * service + i * patience.
    down = servers * service + np.arange(depth) * patience
    rate = float(down[-1] + patience)
    state = places.copy()
    served = 0.0
    answered_by = 0.0
    log_poisson = -rate * within
    cumulative = 0.0
    step = 0
    while cumulative < 1 - 1e-12 and step < 100_000:
        probability = float(np.exp(log_poisson))
        answered_by += probability * served
        cumulative += probability
        served += float(state[0] * down[0] / rate)
        moved = np.zeros(depth)
        moved[:-1] = state[1:] * down[1:] / rate
        state = state * (1 - (down + patience) / rate) + moved
        step += 1
        log_poisson += np.log(rate * within / step)
    return {
        "abandon": abandon,
        "wait": queue_length / arrivals,
        "within": immediate + answered_by,
    }


@pytest.mark.parametrize(
    ("load", "servers"), [(3.0, 5), (7.2, 8), (8.0, 8), (12.0, 8), (0.7, 1)], ids=lambda value: str(value)
)
def test_a_stationary_queue_waits_as_erlang_a_says(load: float, servers: int) -> None:
    """Many independent replicas; the first hour, far more than the time to settle, is left out.

    Tolerance: replicas are independent, so a ratio of sums over them has the standard error worked out below,
    whatever the correlation within a replica. Four of these are allowed, one chance in 16,000 a figure,
    and nothing for bias: what is left of the empty start fades within minutes.
    """
    service_time, patience_time, within = 120.0, 90.0, 20.0
    replicas, settle, horizon = 600, 3600.0, 14_400.0
    rng = np.random.default_rng([11, round(load * 10), servers])
    rate = load / service_time
    counts = rng.poisson(rate * horizon, replicas)
    row = np.repeat(np.arange(replicas), counts)
    arrival = rng.random(row.size) * horizon
    order = np.lexsort((arrival, row))
    row, arrival = row[order], arrival[order]
    patience = rng.exponential(patience_time, row.size)
    served = simulate(
        row,
        arrival,
        rng.exponential(service_time, row.size),
        patience,
        np.zeros((replicas, servers)),
        np.full((replicas, servers), np.inf),
    )
    waits = np.minimum(served.start - arrival, patience)
    answered = served.server >= 0
    counted = (arrival >= settle) & (arrival < horizon - 1800)
    expected = erlang_a(rate, 1 / service_time, 1 / patience_time, servers, within)
    measured = {
        "abandon": ~answered,
        "wait": waits,
        "within": answered & (waits <= within),
    }
    calls = np.bincount(row[counted], minlength=replicas).astype(np.float64)
    for name, values in measured.items():
        totals = np.bincount(row[counted], weights=values[counted].astype(np.float64), minlength=replicas)
        ratio = totals.sum() / calls.sum()
        # Standard error of a ratio of sums over independent replicas.
        error = np.sqrt(np.sum((totals - ratio * calls) ** 2)) / calls.sum()
        assert abs(ratio - expected[name]) < 4 * error, (name, ratio, expected[name], error)
        assert error < 0.05 * max(expected[name], 0.05), (name, error)


def test_calls_outside_every_shift_are_served_when_the_next_one_begins() -> None:
    arrival = np.array([10.0, 50.0, 60.0, 200.0])
    starts, ends = np.array([[100.0]]), np.array([[150.0]])
    patient = np.full(4, np.inf)
    served = simulate(np.zeros(4, dtype=np.int64), arrival, np.full(4, 30.0), patient, starts, ends)
    assert served.start.tolist() == [100.0, 130.0, np.inf, np.inf]
    assert served.server.tolist() == [0, 0, -1, -1]


# --- size


def peak_memory(folder: Path, legs: int) -> float:
    """Peak resident memory, in MB, of a process that writes a sample in groups of 40,000 legs."""
    program = (
        "import resource, sys, pathlib, callmart.sample as made; made.GROUP_LEGS = 40_000;"
        "made.write_sample(pathlib.Path(sys.argv[1]), legs=int(sys.argv[2]), days=62, file_format='parquet');"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(legs)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": ""},
    )
    return float(done.stdout)


def test_memory_does_not_grow_with_the_sample(tmp_path: Path) -> None:
    """Four times the legs need about the memory of one time; held at once they would need 300 MB more."""
    small = peak_memory(tmp_path / "small", 160_000)
    large = peak_memory(tmp_path / "large", 640_000)
    assert large < small + 100, (small, large)
