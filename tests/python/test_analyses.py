"""The questions in `analyses`: each compiles, has rows on the sample, and a number found by another route.

The other route is a loop in Python over single rows of the facts, or a KPI that a model of its own counts.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from callmart.paths import PROJECT
from callmart.readers.session import Session
from callmart.readers.sql import rendered

FOLDER = PROJECT / "analyses"
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))
DAY = timedelta(days=1)
Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def session(sample: Path) -> Iterator[Session]:
    with Session(sample / "warehouse") as opened:
        yield opened


@pytest.fixture(scope="module")
def compiled_by_dbt(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What dbt makes of each analysis."""
    folder = tmp_path_factory.mktemp("analyses")
    (folder / "work").mkdir()
    code = "import sys; from dbt.cli.main import dbtRunner; sys.exit(not dbtRunner().invoke(sys.argv[1:]).success)"
    places = (
        "--project-dir",
        PROJECT,
        "--profiles-dir",
        PROJECT,
        "--target-path",
        folder,
        "--log-path",
        folder,
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "compile", "--select", "resource_type:analysis", "--quiet", *places],
        env={**os.environ, "CALLMART_WAREHOUSE": str(folder), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    nodes = json.loads((folder / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node["compiled_code"] for node in nodes if node["resource_type"] == "analysis"}


def ask(session: Session, sql: str) -> list[Row]:
    answer = session.ask(session.statements(sql)[0])
    columns = [column[0] for column in answer.description or []]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def answer(session: Session, name: str) -> list[Row]:
    return ask(session, rendered((FOLDER / f"{name}.sql").read_text(encoding="utf-8")))


def kpi(session: Session, kpi_id: str, scope_type: str = "all", scope_id: str = "all") -> Row:
    [row] = ask(
        session,
        f"from kpi_values where grain = 'total' and kpi_id = '{kpi_id}' and scope_type = '{scope_type}'"
        f" and scope_id = '{scope_id}'",
    )
    return row


def test_every_question_is_described_and_begins_and_ends_as_agreed() -> None:
    described = {
        one["name"]: one
        for one in yaml.safe_load((FOLDER / "_analyses.yml").read_text(encoding="utf-8"))["analyses"]
    }
    assert sorted(described) == NAMES
    assert len(NAMES) >= 15
    for name in NAMES:
        lines = (FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
        assert lines[0] == f"-- {described[name]['description']}"
        assert re.fullmatch(r"-- \S.* \?", lines[1])
        assert lines[2] == "--"
        end = next(number for number in range(len(lines), 0, -1) if not lines[number - 1].startswith("--"))
        assert lines[end].startswith("-- Conclude: ")
        assert lines[-1].endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_answered_with_the_columns_that_are_described(
    name: str, session: Session, compiled_by_dbt: Mapping[str, str]
) -> None:
    rows = ask(session, compiled_by_dbt[name])
    assert rows
    described = yaml.safe_load((FOLDER / "_analyses.yml").read_text(encoding="utf-8"))["analyses"]
    [columns] = [[column["name"] for column in one["columns"]] for one in described if one["name"] == name]
    assert list(rows[0]) == columns
    assert rows == answer(session, name)  # what `scripts/sql -f` runs is what dbt compiles


# Numbers by another route


def half_hours_short_of_agents(rows: list[Row], session: Session) -> None:
    first = rows[0]
    intervals = [
        row
        for row in ask(session, f"from queue_intervals where queue_id = '{first['queue_id']}'")
        if row["local_interval_started_at"].isoweekday() == first["iso_weekday"]
        and row["local_interval_started_at"].time() == first["local_time"]
    ]
    assert len(intervals) == first["half_hours"]
    in_time = sum(row["answered_within_target_calls"] for row in intervals)
    assert first["offered_calls"] == sum(row["offered_calls"] for row in intervals)
    assert first["service_level"] == pytest.approx(100 * in_time / first["offered_calls"])
    load = sum(row["handle_seconds"] or 0 for row in intervals) / 1800 / len(intervals)
    assert first["load_in_agents"] == pytest.approx(load)
    present = 0.0
    states = ask(
        session,
        "select piece_started_at as begun, piece_ended_at as ended from fct_agent_states"
        f" where queue_id = '{first['queue_id']}' and queue_available_or_on_contact_seconds > 0",
    )
    for row in intervals:
        begun = row["interval_started_at"]
        ended = begun + timedelta(minutes=30)
        for state in states:
            if state["begun"] < ended and state["ended"] > begun:
                present += (min(state["ended"], ended) - max(state["begun"], begun)).total_seconds()
    assert first["agents_there"] == pytest.approx(present / 1800 / len(intervals), abs=0.001)
    assert first["agents_missing"] == pytest.approx(first["agents_needed"] - first["agents_there"])


def repeat_calls_by_reason(rows: list[Row], session: Session) -> None:
    counted = kpi(session, "first_contact_resolution")
    assert sum(row["contacts"] - row["repeat_contacts"] for row in rows) == counted["denominator"]
    assert sum(row["resolved_at_first_contact"] for row in rows) == counted["numerator"]
    assert sum(row["share_of_repeats"] for row in rows) == pytest.approx(100)


def callers_back_after_abandoning(rows: list[Row], session: Session) -> None:
    contacts: dict[str, list[Row]] = defaultdict(list)
    for contact in ask(session, "select customer_id, interaction_id, started_at from fct_contacts"):
        contacts[contact["customer_id"]].append(contact)
    calls = ask(
        session, "select call_date, is_abandoned, customer_id, interaction_id, ended_at from fct_calls"
    )
    last_day = max(call["call_date"] for call in calls)
    hung_up = [
        call
        for call in calls
        if call["is_abandoned"] and call["customer_id"] is not None and call["call_date"] < last_day
    ]
    back = sum(
        any(
            call["ended_at"] <= contact["started_at"] <= call["ended_at"] + DAY
            and contact["interaction_id"] != call["interaction_id"]
            for contact in contacts[call["customer_id"]]
        )
        for call in hung_up
    )
    assert back > 0
    assert sum(row["abandoned_calls"] for row in rows) == len(hung_up)
    assert sum(row["called_back_within_24_hours"] for row in rows) == back


def campaign_return_by_list(rows: list[Row], session: Session) -> None:
    best = rows[0]
    campaign, contact_list = best["campaign_id"], best["contact_list_id"]
    calls = {
        call["call_id"]: call["contact_list_id"]
        for call in ask(
            session,
            "select call_id, contact_list_id from fct_calls"
            f" where is_outbound and campaign_id = '{campaign}' and contact_list_id is not null",
        )
    }
    attempts = Counter(calls.values())
    orders = [
        order
        for order in ask(session, "from fct_orders where is_confirmed")
        if calls.get(order["call_id"]) == contact_list
    ]
    cost = sum(
        (row["amount_converted"] or Decimal(0))
        for row in ask(session, f"from fct_campaign_costs where campaign_id = '{campaign}'")
    ) + sum(
        (row["campaign_call_cost"] or Decimal(0))
        for row in ask(session, f"from campaign_economics where campaign_id = '{campaign}'")
    )
    assert best["attempts"] == attempts[contact_list]
    assert best["orders"] == len(orders)
    assert best["revenue"] == sum(order["net_amount_converted"] or Decimal(0) for order in orders)
    share = float(cost) * attempts[contact_list] / attempts.total()
    assert float(best["shared_cost"]) == pytest.approx(share, rel=1e-9)


def response_time_and_lead_conversion(rows: list[Row], session: Session) -> None:
    funnel = ask(session, "from lead_funnel")  # which is counted by a model of its own
    assert sum(row["leads"] for row in rows) == sum(row["leads_mature_for_conversion"] for row in funnel)
    converted = sum(row["mature_leads_converted_in_window"] for row in funnel)
    assert sum(row["converted_leads"] for row in rows) == converted > 0


def first_contact_resolution_and_satisfaction(rows: list[Row], session: Session) -> None:
    resolved = {
        contact["interaction_id"]
        for contact in ask(
            session, "select interaction_id, is_mature, is_resolved_at_first_contact from fct_contacts"
        )
        if contact["is_mature"] and contact["is_resolved_at_first_contact"]
    }
    interaction = {
        call["call_id"]: call["interaction_id"]
        for call in ask(session, "select call_id, interaction_id from fct_calls")
    }
    scores = [
        response["csat_score"]
        for response in ask(session, "from fct_survey_responses")
        if response["survey_type"] == "csat"
        and response["is_valid"]
        and interaction.get(response["call_id"]) in resolved
    ]
    [row] = [row for row in rows if row["resolution"] == "resolved at first contact"]
    assert row["answers"] == len(scores)
    assert float(row["csat_mean"]) == pytest.approx(float(sum(scores) / len(scores)))
    positive = row["positive_answers"] / row["answers"]
    width = 1.96 * (positive * (1 - positive) / row["answers"]) ** 0.5
    assert row["half_width_of_95_percent_interval"] == pytest.approx(100 * width)


def cost_per_contact_by_channel(rows: list[Row], session: Session) -> None:
    minutes = 0.0
    for row in rows:
        assert row["contacts"] == kpi(session, "inbound_calls", "channel", row["channel"])["numerator"]
        minutes += float(row["minutes_per_answered_contact"] or 0) * row["answered_contacts"]
    handled = kpi(session, "average_handle_time")
    assert minutes * 60 == pytest.approx(float(handled["numerator"]))
    assert sum(row["handled_legs"] for row in rows) == handled["denominator"]


def transfers_between_queues(rows: list[Row], session: Session) -> None:
    legs = {
        leg["call_id"]: leg
        for leg in ask(
            session, "select call_id, previous_call_id, queue_id, handle_seconds, is_inbound from fct_calls"
        )
        if leg["is_inbound"]
    }
    pairs = Counter(
        (legs[leg["previous_call_id"]]["queue_id"] or "none", leg["queue_id"] or "none")
        for leg in legs.values()
        if leg["previous_call_id"] in legs
    )
    assert {(row["from_queue"], row["to_queue"]): row["transfers"] for row in rows} == pairs


def handle_time_by_tenure(rows: list[Row], session: Session) -> None:
    seconds = [
        leg["handle_seconds"] or 0
        for leg in ask(session, "select agent_id, is_handled_inbound, handle_seconds from fct_calls")
        if leg["is_handled_inbound"] and leg["agent_id"] is not None
    ]
    assert sum(row["handled_inbound_calls"] for row in rows) == len(seconds)
    found = sum(float(row["average_handle_time"]) * row["handled_inbound_calls"] for row in rows)
    assert found == pytest.approx(sum(seconds))
    hired: dict[str, Any] = {}
    for agent in ask(session, "select agent_id, hired_on from dim_agents where hired_on is not null"):
        hired[agent["agent_id"]] = min(agent["hired_on"], hired.get(agent["agent_id"], agent["hired_on"]))
    old = sum(
        day["handled_inbound_calls"]
        for day in ask(session, "from agent_daily")
        if day["agent_id"] in hired and day["call_date"] >= three_years_after(hired[day["agent_id"]])
    )
    assert {row["tenure"]: row["handled_inbound_calls"] for row in rows}["4 over 3 years"] == old


def three_years_after(day: Any) -> Any:
    try:
        return day.replace(year=day.year + 3)
    except ValueError:
        return day.replace(year=day.year + 3, day=28)


def hours_to_reach_people(rows: list[Row], session: Session) -> None:
    attempts: Counter[tuple[int, int]] = Counter()
    contacts: Counter[tuple[int, int]] = Counter()
    for call in ask(session, "select is_outbound, local_started_at, is_contact_established from fct_calls"):
        if call["is_outbound"]:
            hour = (call["local_started_at"].isoweekday(), call["local_started_at"].hour)
            attempts[hour] += 1
            contacts[hour] += bool(call["is_contact_established"])
    expected = {hour: (attempts[hour], contacts[hour]) for hour in attempts if attempts[hour] >= 20}
    found = {(row["iso_weekday"], row["local_hour"]): (row["attempts"], row["contacts"]) for row in rows}
    assert found == expected
    rates = [row["contact_rate"] for row in rows]
    assert rates == sorted(rates, reverse=True)


def attempts_until_reached(rows: list[Row], session: Session) -> None:
    calls = ask(
        session,
        "select contact_record_id, is_contact_established, is_conversion from fct_calls"
        " where is_outbound and contact_record_id is not null order by started_at, call_id",
    )
    number: Counter[str] = Counter()
    reached: set[str] = set()
    attempts: Counter[int] = Counter()
    conversions: Counter[int] = Counter()
    for call in calls:
        record = call["contact_record_id"]
        number[record] += 1
        if record not in reached:
            attempts[min(number[record], 8)] += 1
            conversions[min(number[record], 8)] += bool(call["is_conversion"])
        if call["is_contact_established"]:
            reached.add(record)
    assert {row["attempt_number"]: row["attempts"] for row in rows} == attempts
    assert {row["attempt_number"]: row["conversions"] for row in rows} == conversions


def wait_and_satisfaction(rows: list[Row], session: Session) -> None:
    waited = kpi(session, "average_wait_time")  # whose denominator is the entries with a known wait
    assert sum(row["offered_calls"] for row in rows) == waited["denominator"]
    quick = {
        call["call_id"]
        for call in ask(session, "select call_id, wait_seconds, is_offered from fct_calls")
        if call["is_offered"] and call["wait_seconds"] is not None and call["wait_seconds"] <= 10
    }
    answers = [
        response["is_positive"]
        for response in ask(session, "from fct_survey_responses")
        if response["survey_type"] == "csat" and response["is_valid"] and response["call_id"] in quick
    ]
    assert rows[0]["csat_answers"] == len(answers)
    assert rows[0]["csat"] == pytest.approx(100 * sum(answers) / len(answers))


def late_first_responses(rows: list[Row], session: Session) -> None:
    largest = max(rows, key=lambda row: int(row["tickets"]))
    tickets = [
        ticket
        for ticket in ask(session, "from fct_tickets")
        if (ticket["channel"], ticket["priority"]) == (largest["channel"], largest["priority"])
    ]
    assert largest["tickets"] == len(tickets)
    walls = [each["first_response_seconds"] for each in tickets if each["first_response_seconds"] is not None]
    opening = [
        each["first_response_opening_seconds"]
        for each in tickets
        if each["first_response_opening_seconds"] is not None
    ]
    assert largest["median_hours"] == pytest.approx(statistics.median(walls) / 3600)
    nine_in_ten = statistics.quantiles(opening, n=10, method="inclusive")[-1]
    assert largest["p90_opening_hours"] == pytest.approx(nine_in_ten / 3600)
    late = sum(seconds > 4 * 3600 for seconds in opening)
    assert largest["later_than_4_opening_hours_rate"] == pytest.approx(100 * late / len(opening))


def calls_after_self_service(rows: list[Row], session: Session) -> None:
    contacts: dict[str, list[datetime]] = defaultdict(list)
    for contact in ask(
        session, "select customer_id, started_at from fct_contacts where customer_id is not null"
    ):
        contacts[contact["customer_id"]].append(contact["started_at"])
    followed: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    for visit in ask(session, "from fct_selfservice_sessions where customer_id is not null"):
        begun = visit["started_at"]
        sessions[visit["channel"]] += 1
        followed[visit["channel"]] += any(begun < at <= begun + DAY for at in contacts[visit["customer_id"]])
    assert {row["channel"]: row["sessions"] for row in rows} == sessions
    assert {row["channel"]: row["followed_by_a_contact"] for row in rows} == followed


def gaps_that_grow(rows: list[Row], session: Session) -> None:
    better = {
        one["kpi_id"]: one["better"] for one in ask(session, "select kpi_id, better from kpi_dictionary")
    }
    values = {
        (one["kpi_id"], one["scope_type"], one["scope_id"], one["period_start"]): one["value"]
        for one in ask(session, "from kpi_values where grain = 'month'")
    }
    for row in rows:
        key = (row["kpi_id"], row["scope_type"], row["scope_id"])
        now = values[(*key, row["period_start"])]
        before = values[(*key, (row["period_start"] - DAY).replace(day=1))]
        assert row["value"] == now
        assert row["change_from_previous"] == pytest.approx(now - before)
        worse = now - before if better[row["kpi_id"]] == "lower" else before - now
        assert worse > 0
        assert abs(row["gap"]) == pytest.approx(abs(now - float(row["reference"])))


def customers_lost_after_bad_contacts(rows: list[Row], session: Session) -> None:
    left: dict[str, list[datetime]] = defaultdict(list)
    for period in ask(
        session, "select customer_id, active_to from dim_customer_periods where active_to is not null"
    ):
        left[period["customer_id"]].append(period["active_to"])
    contacts = ask(session, "select customer_id, started_at, is_abandoned from fct_contacts")
    newest = max(contact["started_at"] for contact in contacts)
    hung_up = [
        contact
        for contact in contacts
        if contact["is_abandoned"] and contact["customer_id"] and contact["started_at"] < newest - 60 * DAY
    ]
    lost = sum(
        any(
            contact["started_at"] < at <= contact["started_at"] + 60 * DAY
            for at in left[contact["customer_id"]]
        )
        for contact in hung_up
    )
    [row] = [row for row in rows if row["contact"] == "hung up in the queue"]
    assert (row["contacts"], row["followed_by_leaving"]) == (len(hung_up), lost)
    assert lost > 0


CHECKS: Mapping[str, Callable[[list[Row], Session], None]] = {
    check.__name__: check
    for check in (
        half_hours_short_of_agents,
        repeat_calls_by_reason,
        callers_back_after_abandoning,
        campaign_return_by_list,
        response_time_and_lead_conversion,
        first_contact_resolution_and_satisfaction,
        cost_per_contact_by_channel,
        transfers_between_queues,
        handle_time_by_tenure,
        hours_to_reach_people,
        attempts_until_reached,
        wait_and_satisfaction,
        late_first_responses,
        calls_after_self_service,
        gaps_that_grow,
        customers_lost_after_bad_contacts,
    )
}


@pytest.mark.parametrize("name", NAMES)
def test_a_number_of_the_answer_is_found_by_another_route(name: str, session: Session) -> None:
    CHECKS[name](answer(session, name), session)
