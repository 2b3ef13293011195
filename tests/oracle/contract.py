"""The raw contract: the columns of each table, what rejects a row, and which version of a key is staged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

from .reading import RawRow, read_table
from .settings import Settings
from .values import (
    parse_boolean,
    parse_date,
    parse_decimal,
    parse_instant,
    parse_integer,
    parse_text,
    parse_zone,
)

TEXT, WORD, CURRENCY, ZONE, INTEGER, DECIMAL, BOOLEAN, DATE, INSTANT = (
    "text",
    "word",
    "currency",
    "zone",
    "integer",
    "decimal",
    "boolean",
    "date",
    "instant",
)


OLDEST = datetime.min.replace(tzinfo=UTC)


class Row:
    """A typed row. A column its table has but its file has not is null."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, object]) -> None:
        self.values = values

    def text(self, column: str) -> str | None:
        return cast("str | None", self.values[column])

    def key(self, column: str) -> str:
        return cast("str", self.values[column])

    def integer(self, column: str) -> int | None:
        return cast("int | None", self.values[column])

    def decimal(self, column: str) -> Decimal | None:
        return cast("Decimal | None", self.values[column])

    def number(self, column: str) -> Decimal:
        return cast("Decimal", self.values[column])

    def flag(self, column: str) -> bool | None:
        return cast("bool | None", self.values[column])

    def day(self, column: str) -> date | None:
        return cast("date | None", self.values[column])

    def instant(self, column: str) -> datetime | None:
        return cast("datetime | None", self.values[column])

    def moment(self, column: str) -> datetime:
        return cast("datetime", self.values[column])


@dataclass(frozen=True)
class Table:
    """`key` columns in `nullable_key` may be null inside the key.

    `orders` are (earlier, later) pairs of instants.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    required: tuple[str, ...] = ()
    nullable_key: tuple[str, ...] = ()
    allowed: dict[str, frozenset[str]] = field(default_factory=dict)
    orders: tuple[tuple[str, str], ...] = ()

    @property
    def durations(self) -> list[str]:
        return [column for column in self.columns if column.endswith("_seconds")]

    @property
    def event_instants(self) -> list[str]:
        """Every `_at` column but the version's own stamp: none of them is a planned instant."""
        kinds = self.columns.items()
        return [
            name for name, kind in kinds if kind == INSTANT and name.endswith("_at") and name != "updated_at"
        ]


def table(
    name: str,
    key: str,
    columns: str,
    *,
    required: str = "",
    nullable_key: str = "",
    allowed: dict[str, str] | None = None,
    orders: str = "",
) -> Table:
    """A table in the notation `column:type`, text when no type is given; `orders` as `earlier<later`."""
    typed: dict[str, str] = {}
    for word in columns.split():
        column, _, kind = word.partition(":")
        typed[column] = kind or TEXT
    values = {column: frozenset(words.split()) for column, words in (allowed or {}).items()}
    typed.update(dict.fromkeys(values, WORD))
    typed |= {"source_system": TEXT, "updated_at": INSTANT}
    pairs = [pair.split("<") for pair in orders.split()]
    return Table(
        name=name,
        key=tuple(key.split()),
        columns=typed,
        required=tuple(required.split()),
        nullable_key=tuple(nullable_key.split()),
        allowed=values,
        orders=tuple((earlier, later) for earlier, later in pairs),
    )


INBOUND_OUTCOMES = (
    "answered abandoned abandoned_ivr voicemail callback_requested self_served overflowed timed_out closed "
    "failed"
)
OUTBOUND_OUTCOMES = (
    "answered answering_machine no_answer busy invalid_number agent_abandoned dialer_dropped failed"
)
OUTCOMES_OF = {
    "inbound": frozenset(INBOUND_OUTCOMES.split()),
    "outbound": frozenset(OUTBOUND_OUTCOMES.split()),
}

TABLES: dict[str, Table] = {
    spec.name: spec
    for spec in (
        table(
            "calls",
            "call_id",
            """call_id interaction_id previous_call_id direction channel outcome
            started_at:instant queued_at:instant answered_at:instant ended_at:instant
            ivr_seconds:integer wait_seconds:integer ring_seconds:integer talk_seconds:integer
            hold_seconds:integer wrap_seconds:integer queue_id agent_id customer_id lead_id campaign_id
            contact_list_id contact_record_id ticket_id from_number to_number source_channel dialled_number
            disposition_code contact_reason product_feature is_resolved:boolean is_escalated:boolean
            is_recorded:boolean is_test:boolean is_callback:boolean redirected_to disconnected_by
            recording_url cost_amount:decimal currency:currency""",
            required="direction outcome started_at",
            allowed={
                "direction": "inbound outbound internal",
                "channel": "voice chat email sms social video",
                "outcome": f"{INBOUND_OUTCOMES} {OUTBOUND_OUTCOMES}",
                "redirected_to": "web faq chatbot community app",
                "disconnected_by": "customer agent system",
            },
            orders="""started_at<ended_at started_at<queued_at queued_at<answered_at started_at<answered_at
            answered_at<ended_at""",
        ),
        table(
            "agents",
            "agent_id valid_from",
            "agent_id agent_name team_id site language hired_on:date left_on:date valid_from:date",
            nullable_key="valid_from",
        ),
        table(
            "agent_states",
            "agent_id started_at",
            "agent_id started_at:instant ended_at:instant queue_id state",
            required="state",
            allowed={"state": "available on_contact wrap break training meeting other offline"},
            orders="started_at<ended_at",
        ),
        table(
            "queues",
            "queue_id",
            "queue_id queue_name site timezone:zone business_hours_id tier:integer language",
        ),
        table(
            "customers",
            "customer_id",
            """customer_id created_at:instant segment country region birth_year:integer gender
            acquired_campaign_id""",
        ),
        table(
            "customer_events",
            "event_id",
            "event_id customer_id event_type occurred_at:instant",
            required="customer_id event_type occurred_at",
            allowed={"event_type": "activated churned reactivated"},
        ),
        table(
            "leads",
            "lead_id",
            """lead_id created_at:instant source_channel campaign_id industry company_size owner_agent_id
            created_by_call_id is_test:boolean status first_contact_at:instant qualified_at:instant
            converted_at:instant merged_into_lead_id timezone:zone""",
            required="created_at",
            allowed={
                "company_size": "small medium enterprise",
                "status": "new contacted qualified converted rejected duplicate spam",
            },
            orders="created_at<converted_at first_contact_at<converted_at created_at<qualified_at",
        ),
        table(
            "lead_activities",
            "activity_id",
            """activity_id lead_id activity_type occurred_at:instant agent_id disposition_code
            is_automated:boolean""",
            required="lead_id activity_type occurred_at",
            allowed={"activity_type": "call email sms meeting info_sent"},
        ),
        table(
            "appointments",
            "appointment_id",
            "appointment_id lead_id call_id agent_id booked_at:instant scheduled_for:instant status",
            required="booked_at",
            allowed={"status": "booked held no_show cancelled"},
        ),
        table(
            "opportunities",
            "opportunity_id",
            """opportunity_id lead_id customer_id campaign_id created_at:instant closed_at:instant
            is_won:boolean amount:decimal currency:currency""",
            required="created_at",
            orders="created_at<closed_at",
        ),
        table("contact_lists", "contact_list_id", "contact_list_id campaign_id supplied_at:instant"),
        table(
            "contact_records",
            "contact_record_id",
            """contact_record_id contact_list_id person_key lead_id validity is_b2b:boolean
            final_disposition_code""",
            required="contact_list_id",
            allowed={
                "validity": "valid invalid_number invalid_address duplicate out_of_target opposition_list "
                "closed"
            },
        ),
        table(
            "campaigns",
            "campaign_id",
            """campaign_id campaign_name campaign_type objective starts_on:date ends_on:date
            persons_targeted:integer persons_pushed:integer""",
        ),
        table(
            "campaign_costs",
            "cost_id",
            "cost_id campaign_id cost_date:date cost_family amount:decimal currency:currency",
            required="cost_date cost_family amount",
            allowed={"cost_family": "marketing commercial operations"},
        ),
        table(
            "orders",
            "order_id",
            """order_id customer_id lead_id call_id campaign_id agent_id ordered_at:instant status
            net_amount:decimal margin_amount:decimal currency:currency""",
            required="customer_id ordered_at net_amount",
            allowed={"status": "confirmed cancelled refunded"},
        ),
        table(
            "tickets",
            "ticket_id",
            """ticket_id customer_id channel priority queue_id agent_id created_at:instant
            first_reply_at:instant solved_at:instant closed_at:instant status agent_replies:integer
            reopens:integer is_escalated:boolean is_complaint:boolean product_feature""",
            required="created_at",
            allowed={"status": "new open pending solved closed merged deleted"},
            orders="created_at<first_reply_at created_at<solved_at created_at<closed_at",
        ),
        table(
            "survey_invitations",
            "invitation_id",
            """invitation_id survey_id survey_type respondent_type sent_at:instant call_id ticket_id agent_id
            team_id""",
            required="survey_id survey_type sent_at",
            allowed={"survey_type": "csat nps ces enps pulse", "respondent_type": "customer employee"},
        ),
        table(
            "survey_responses",
            "response_id",
            """response_id invitation_id survey_id survey_type question_id answered_at:instant score:decimal
            scale_min:decimal scale_max:decimal higher_is_better:boolean call_id ticket_id customer_id
            agent_id team_id""",
            required="survey_id survey_type answered_at score scale_min scale_max",
            allowed={"survey_type": "csat nps ces enps pulse"},
        ),
        table(
            "email_sends",
            "send_id",
            """send_id campaign_id recipient_key sent_at:instant delivered_at:instant opened_at:instant
            is_machine_open:boolean""",
            required="recipient_key sent_at",
        ),
        table(
            "selfservice_sessions",
            "session_id",
            """session_id customer_id channel started_at:instant is_completed:boolean
            transferred_to_agent:boolean""",
            required="started_at",
        ),
        table(
            "web_visits",
            "visit_date source_channel campaign_id",
            "visit_date:date source_channel campaign_id visits:integer",
            required="visits",
            nullable_key="campaign_id",
        ),
        table(
            "qa_evaluations",
            "evaluation_id",
            """evaluation_id agent_id call_id evaluated_at:instant score:decimal max_score:decimal
            script_adherence_percent:decimal""",
            required="agent_id evaluated_at score max_score",
        ),
        table(
            "one_on_ones",
            "meeting_id",
            "meeting_id agent_id held_at:instant minutes:decimal",
            required="agent_id held_at",
        ),
        table(
            "vendor_figures",
            "figure_date queue_id figure",
            "figure_date:date queue_id figure calls:integer",
            required="calls",
            nullable_key="queue_id",
            allowed={"figure": "offered_calls answered_calls abandoned_calls outbound_calls"},
        ),
    )
}


@dataclass
class Staged:
    """What becomes of the landed rows of one table: `landed = staged + rejected + superseded`.

    `reasons` counts each reason of each rejected row; `failed_casts` counts, by column, the values of
    optional columns that became null.
    """

    landed: int = 0
    rejected: int = 0
    superseded: int = 0
    rows: list[Row] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    failed_casts: Counter[str] = field(default_factory=Counter)

    @property
    def staged(self) -> int:
        return len(self.rows)


def load(raw: Path, settings: Settings, run_started_at: datetime) -> dict[str, Staged]:
    """Every table of the raw folder, staged. Survey responses come after the invitations they answer."""
    tables: dict[str, Staged] = {}
    for name, spec in TABLES.items():
        check = (
            answers_before_sending(tables["survey_invitations"].rows) if name == "survey_responses" else None
        )
        tables[name] = stage(spec, read_table(raw, name), settings, run_started_at, check)
    return tables


def stage(
    spec: Table,
    landed: Iterable[RawRow],
    settings: Settings,
    run_started_at: datetime,
    further_check: Callable[[Row], list[str]] | None = None,
) -> Staged:
    """Rejected rows go first.

    Of the valid rows of a key the newest version is staged, the others are superseded.
    """
    result = Staged()
    newest: dict[tuple[object, ...], tuple[tuple[object, ...], Row]] = {}
    for raw_row in landed:
        result.landed += 1
        if raw_row.values is None:
            reasons = ["unparseable line"]
        else:
            row, reasons = type_row(spec, raw_row.values, settings, result.failed_casts)
            reasons += check_values(spec, row, run_started_at)
            reasons += further_check(row) if further_check else []
        if reasons:
            result.rejected += 1
            result.reasons.update(reasons)
            continue
        key = tuple(row.values[column] for column in spec.key)
        version = version_rank(row, raw_row)
        if key in newest:
            result.superseded += 1
        if key not in newest or version > newest[key][0]:
            newest[key] = (version, row)
    result.rows = [row for _, row in newest.values()]
    return result


def version_rank(row: Row, raw_row: RawRow) -> tuple[object, ...]:
    """Newest `updated_at` (null is oldest), then the greatest path in byte order, then the last row."""
    updated_at = row.instant("updated_at")
    return (updated_at or OLDEST, raw_row.path.encode(), raw_row.number)


def type_row(
    spec: Table, raw_values: dict[str, str | None], settings: Settings, failed_casts: Counter[str]
) -> tuple[Row, list[str]]:
    """Each column cast; the reasons a key or a required column gives."""
    values: dict[str, object] = {}
    reasons: list[str] = []
    must = [column for column in (*spec.key, *spec.required) if column not in spec.nullable_key]
    no_key = False
    for column, kind in spec.columns.items():
        raw_value = raw_values.get(column)
        text = None if raw_value is None else parse_text(raw_value)
        values[column] = value = None if text is None else parse(text, kind, settings)
        if text is None and column in must:
            if column in spec.key:
                no_key = True
            else:
                reasons.append(f"required column empty: {column}")
        if text is not None and value is None:
            if column in must:
                reasons.append(f"required column not castable: {column}")
            else:
                failed_casts[column] += 1
    if no_key:
        reasons.insert(0, "no key")
    return Row(values), reasons


def parse(text: str, kind: str, settings: Settings) -> object:
    if kind == WORD:
        return text.lower()
    if kind == CURRENCY:
        return text.upper()
    if kind == ZONE:
        return parse_zone(text)
    if kind == INTEGER:
        return parse_integer(text)
    if kind == DECIMAL:
        return parse_decimal(text)
    if kind == BOOLEAN:
        return parse_boolean(text)
    if kind == INSTANT:
        return parse_instant(text, settings.source_zone)
    if kind == DATE:
        return parse_day(text, settings)
    return text


def parse_day(text: str, settings: Settings) -> date | None:
    """A date; an instant where a date is asked for is its local day in the reporting zone."""
    day = parse_date(text)
    if day is not None:
        return day
    instant = parse_instant(text, settings.source_zone)
    return None if instant is None else instant.astimezone(settings.reporting_zone).date()


def check_values(spec: Table, row: Row, run_started_at: datetime) -> list[str]:
    """The reasons that come from values, each independent of the others."""
    return [
        *check_allowed(spec, row),
        *(f"negative duration: {column}" for column in spec.durations if (row.integer(column) or 0) < 0),
        *check_score(spec, row),
        *(
            f"wrong order: {earlier} after {later}"
            for earlier, later in spec.orders
            if is_after(row.instant(earlier), row.instant(later))
        ),
        *(
            f"future instant: {column}"
            for column in spec.event_instants
            if is_after(row.instant(column), run_started_at)
        ),
    ]


def is_after(first: datetime | None, second: datetime | None) -> bool:
    return first is not None and second is not None and first > second


def check_allowed(spec: Table, row: Row) -> list[str]:
    """An outcome must be one of its direction; where the direction is internal or unknown, one of either."""
    reasons = []
    for column, words in spec.allowed.items():
        if spec.name == "calls" and column == "outcome":
            words = OUTCOMES_OF.get(row.text("direction") or "", words)
        value = row.text(column)
        if value is not None and value not in words:
            reasons.append(f"value not allowed: {column}")
    return reasons


def check_score(spec: Table, row: Row) -> list[str]:
    """A survey's score lies on its declared scale; an evaluation's between 0 and its maximum."""
    if "score" not in spec.columns:
        return []
    score = row.decimal("score")
    if spec.name == "qa_evaluations":
        low: Decimal | None = Decimal(0)
        high = row.decimal("max_score")
    else:
        low, high = row.decimal("scale_min"), row.decimal("scale_max")
    reasons = []
    if score is not None and ((low is not None and score < low) or (high is not None and score > high)):
        reasons.append("score outside its scale")
    if "scale_max" in spec.columns and low is not None and high is not None and high <= low:
        reasons.append("scale_max not above scale_min")
    return reasons


def answers_before_sending(invitations: list[Row]) -> Callable[[Row], list[str]]:
    """A response answered before the invitation it names was sent."""
    sent_at = {row.key("invitation_id"): row.moment("sent_at") for row in invitations}

    def check(response: Row) -> list[str]:
        sent = sent_at.get(response.text("invitation_id") or "")
        wrong = is_after(sent, response.instant("answered_at"))
        return ["wrong order: sent_at after answered_at"] if wrong else []

    return check
