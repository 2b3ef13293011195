"""What is no sum of days: counted, or ranked, over the rows of whatever is asked for.

The views of these rows are written by hand, in `semantic/models/rows`: the measure models judge each period and
scope by itself, while MetricFlow counts distinct rows in the period and group of the question. A test holds both to
the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """A simple metric over rows.

    Attributes:
        expression: what is aggregated, over the columns of the view.
        aggregation: as MetricFlow calls it.
        percentile: from 0 to 1, for the aggregation `percentile`.
        meaning: for a metric that is no measure of the project.
    """

    expression: str
    aggregation: str = "count_distinct"
    percentile: float | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Rows:
    """A view of rows.

    Attributes:
        scopes: its columns to group by, named as the scopes of `kpi_values`.
        counts: its simple metrics, by name.
        formulas: metrics made of these alone, by name.
    """

    scopes: Sequence[str]
    counts: Mapping[str, Count]
    formulas: Mapping[str, str]


def _distinct(key: str, condition: str = "") -> Count:
    return Count(f"case when {condition} then {key} end" if condition else key)


COUNTED_ANEW: Mapping[str, Rows] = {
    "contact_measures": Rows(
        ["queue", "site", "channel", "source_channel", "campaign"],
        {
            "inbound_calls": _distinct("interaction_id"),
            "total_calls": _distinct("interaction_id"),
            "abandoned_contacts": _distinct("interaction_id", "is_abandoned"),
            "abandoned_before_queue_contacts": _distinct("interaction_id", "is_abandoned_before_queue"),
            "picked_up_within_18_seconds_contacts": _distinct(
                "interaction_id", "is_picked_up_within_18_seconds"
            ),
        },
        {},
    ),
    "lead_response_measures": Rows(
        ["campaign", "source_channel", "team", "agent", "industry", "company_size"],
        {"median_response_seconds": Count("response_seconds", "percentile", 0.5)},
        {},
    ),
    "followed_lead_measures": Rows(
        ["campaign", "contact_list", "agent", "team"],
        {"unconverted_leads_followed_up": _distinct("lead_id")},
        {},
    ),
    "one_on_one_measures": Rows(
        ["team"],
        {
            "agents_with_one_on_one": _distinct("agent_id", "has_met"),
            "active_agents": _distinct("agent_id", "not has_met"),
        },
        {},
    ),
    "record_measures": Rows(
        ["campaign", "contact_list", "agent", "team"],
        {
            "called_records": _distinct("contact_record_id"),
            "reached_records": _distinct("contact_record_id", "is_contact_established"),
        },
        {},
    ),
    "prospect_measures": Rows(
        ["campaign", "contact_list", "agent", "team"],
        {
            "contacted_prospects": _distinct("prospect", "is_contact_established"),
            "prospects_with_conversion": Count(
                "case when is_conversion then prospect end",
                meaning="Persons with a call that converted them, contacted or not, each once per campaign.",
            ),
            "prospects_with_either": Count(
                "prospect", meaning="Persons contacted, or converted, or both, each once per campaign."
            ),
        },
        # Both contacted and converted: those of one and of the other, less those of either.
        {"converted_prospects": "contacted_prospects + prospects_with_conversion - prospects_with_either"},
    ),
    "email_measures": Rows(
        ["campaign"],
        {
            "recipients_sent": _distinct("recipient_key_hash"),
            "recipients_delivered": _distinct("recipient_key_hash", "is_delivered"),
            "recipients_with_open": _distinct("recipient_key_hash", "is_opened"),
            "recipients_with_human_open": _distinct("recipient_key_hash", "is_opened_by_human"),
        },
        {},
    ),
    "buyer_measures": Rows(["campaign"], {"buying_customers": _distinct("customer_id")}, {}),
}
