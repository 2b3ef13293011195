"""Many small random data sets beside each other in one: rich in edges, and built and computed but once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import random_data
from hypothesis import HealthCheck, Phase, given, seed, settings

# The first lies before the turn of the year that is drawn, the second on the night of a clock change in New York.
AS_OF = {random_data.AS_OF_DATE: "2024-12-31", random_data.AS_OF_INSTANT: "2024-11-03T06:00:00Z"}
# People and places that several parts share, so that they meet in the rows of all of them.
SHARED = (
    *(
        "queue_id",
        "agent_id",
        "owner_agent_id",
        "team_id",
        "customer_id",
        "campaign_id",
        "acquired_campaign_id",
    ),
    *("contact_list_id", "survey_id", "person_key", "recipient_key"),
)
# Every so many rows of these come twice, under another key: a day with one of each kind says nothing of sums.
TWIN = 3
KEYS_OF_TWINS = {
    "calls": "call_id",
    "leads": "lead_id",
    "lead_activities": "activity_id",
    "appointments": "appointment_id",
    "opportunities": "opportunity_id",
    "orders": "order_id",
    "campaign_costs": "cost_id",
    "email_sends": "send_id",
    "tickets": "ticket_id",
    "survey_invitations": "invitation_id",
    "survey_responses": "response_id",
    "qa_evaluations": "evaluation_id",
    "one_on_ones": "meeting_id",
}
# What the parts are of, in turn. Calls of attempts alone meet leads and records.
THEMES = ("everything", "outbound", "everything", "money", "outbound")
RUN_STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def rich_data_set(
    variant: int, parts: int, themes: Sequence[str] = THEMES, sharing: int = 4
) -> random_data.DataSet:
    """So many drawn data sets of a variant of the settings in one, which is the same every time.

    Args:
        variant: of the settings.
        parts: how many.
        themes: what they are of, in turn. Calls of attempts alone meet leads and records.
        sharing: how many parts share people and places, and meet in these.
    """
    tables: random_data.Tables = {}
    for number in range(parts):
        for table, rows in _drawn(variant, number, themes[number % len(themes)]).tables.items():
            own = [(name, dict(_own(row, number, number // sharing))) for name, row in rows]
            tables.setdefault(table, []).extend(own)
            if key := KEYS_OF_TWINS.get(table):
                tables[table] += [(name, {**row, key: f"{row[key]}.twin"}) for name, row in own[::TWIN]]
    as_of = random_data.VARIANTS[variant].get("as_of")
    return random_data.DataSet(variant, AS_OF[str(as_of)] if as_of else None, RUN_STARTED_AT, tables)


def _drawn(variant: int, number: int, theme: str) -> random_data.DataSet:
    """A data set that owes nothing to others; the first one drawn of a seed is always the least there can be."""
    drawn: list[random_data.DataSet] = []

    @seed(1000 * variant + number)
    @settings(
        max_examples=2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_data.data_sets(variant, theme))
    def draw(data: random_data.DataSet) -> None:
        drawn.append(data)

    draw()
    return drawn[-1]


def _own(row: random_data.Row, number: int, shared: int) -> Iterator[tuple[str, object]]:
    """The row with keys of its part: other parts have none of them, or a few have some."""
    for column, value in row.items():
        is_key = column.endswith(("_id", "_key")) and value != ""
        part = shared if column in SHARED else number
        yield column, f"{value}.{part}" if is_key else value
