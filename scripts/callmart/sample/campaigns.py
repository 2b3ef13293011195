"""Campaigns, contact lists and the records worked through, attempt after attempt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from callmart.sample import centre as c
from callmart.sample.centre import DISPOSITION, Centre
from callmart.sample.clock import DAY, HOUR, Ints, is_holiday, to_utc, weekday_of
from callmart.sample.legs import Array

MAX_ATTEMPTS = 7


@dataclass(frozen=True)
class Campaign:
    """What a campaign sells and how; `begins` and `ends` are shares of the period, `share` of all
    attempts."""

    name: str
    kind: str
    objective: str
    begins: float
    ends: float
    share: float = 0.0
    is_b2b: bool = False
    source: int = -1
    budget: float = 0.0
    """Euros a month at scale 1, before the cost of operations."""


CAMPAIGNS: tuple[Campaign, ...] = (
    Campaign("Fibre upgrade", "outbound", "sale", 0.08, 0.45, 0.22, budget=900),
    Campaign("Winter alarm offer", "outbound_predictive", "sale", 0.62, 0.98, 0.26, budget=1100),
    Campaign(
        "Business mobile appointments", "outbound", "appointment", 0.0, 1.0, 0.17, is_b2b=True, budget=700
    ),
    Campaign("New homes prospecting", "outbound", "lead", 0.15, 0.8, 0.13, budget=500),
    Campaign("Contract renewal", "outbound", "retention", 0.0, 1.0, 0.16, budget=300),
    Campaign("Installation quality", "outbound", "survey", 0.4, 0.6, 0.06, budget=100),
    Campaign("Always-on search ads", "inbound", "lead", 0.0, 1.0, source=0, budget=1500),
    Campaign("Summer television", "inbound", "sale", 0.4, 0.6, source=4, budget=4000),
    Campaign("Autumn flyer", "inbound", "lead", 0.68, 0.85, source=5, budget=800),
    Campaign("Monthly newsletter", "email", "lead", 0.0, 1.0, source=7, budget=150),
)
CAMPAIGNS_EACH = len(CAMPAIGNS)
PREDICTIVE = 1
RETENTION = 4
NEWSLETTER = 9

_CODES: dict[str, dict[str, float]] = {
    "sale": {"SALE": 9, "SALE_UPSELL": 3, "INTERESTED": 6, "INFO_SENT": 7, "CALLBACK_AGREED": 14,
    "UNDECIDED": 10,
             "NOT_INTERESTED": 20, "ALREADY_CUSTOMER": 4, "REFUSED_LISTENING": 10, "DO_NOT_CALL": 4,
             "HUNG_UP": 6, "WRONG_PERSON": 7},
    "appointment": {"APPOINTMENT": 11, "INTERESTED": 7, "INFO_SENT": 10, "CALLBACK_AGREED": 15,
                    "NOT_DECISION_MAKER": 18, "UNDECIDED": 6, "NOT_INTERESTED": 15, "REFUSED_LISTENING": 6,
                    "DO_NOT_CALL": 3, "HUNG_UP": 3, "WRONG_PERSON": 6},
    "lead": {"LEAD_CREATED": 15, "INTERESTED": 5, "INFO_SENT": 8, "CALLBACK_AGREED": 12, "UNDECIDED": 8,
             "NOT_INTERESTED": 26, "REFUSED_LISTENING": 10, "DO_NOT_CALL": 4, "HUNG_UP": 6, "WRONG_PERSON":
             6},
    "retention": {"RENEWED": 24, "SALE_UPSELL": 5, "INTERESTED": 6, "CALLBACK_AGREED": 14, "UNDECIDED": 14,
                  "NOT_INTERESTED": 17, "REFUSED_LISTENING": 5, "DO_NOT_CALL": 2, "HUNG_UP": 4,
                  "WRONG_PERSON": 5},
    "survey": {"SURVEY_DONE": 46, "CALLBACK_AGREED": 14, "NOT_INTERESTED": 18, "REFUSED_LISTENING": 8,
               "DO_NOT_CALL": 2, "HUNG_UP": 5, "WRONG_PERSON": 7},
}  # fmt: skip
VALIDITY = (
    "valid",
    "invalid_number",
    "invalid_address",
    "duplicate",
    "out_of_target",
    "opposition_list",
    "closed",
)
_VALID_SHARES = (0.885, 0.02, 0.01, 0.035, 0.02, 0.02, 0.01)
RECORD_NUMBERS = 100_000_000


@dataclass
class Lists:
    """Contact lists and their records. Numbers of lists and campaigns count within the group."""

    list_campaign: Ints
    list_supplied: Ints
    record_list: Ints
    person: Ints
    validity: Array
    is_b2b: Array
    final_code: Array


@dataclass
class Attempts:
    """Attempts due on the records, in no particular order."""

    record: Ints
    campaign: Ints
    replica: Ints
    day: Ints
    due: Ints
    outcome: Ints
    disposition: Ints


def codes_for(rng: np.random.Generator, objective: str, rows: int) -> Ints:
    """Dispositions of answered attempts of a campaign, one in four hundred from the old script."""
    table = _CODES[objective]
    weights = np.array(list(table.values()), dtype=np.float64)
    drawn = np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(rows), side="right")
    found = np.array([DISPOSITION[code] for code in table])[drawn]
    old = np.array([DISPOSITION[code] for code in c.UNMAPPED])[rng.integers(0, len(c.UNMAPPED), rows)]
    return np.where(rng.random(rows) < 0.0025, old, found)


def unanswered_code(outcome: Ints) -> Ints:
    """The disposition that goes with an attempt nobody answered; -1 when the dialler gives none."""
    code = np.full(outcome.size, -1, dtype=np.int64)
    for result, name in (
        (c.MACHINE, "MACHINE"), (c.NO_ANSWER, "NO_ANSWER"), (c.BUSY, "BUSY"), (c.INVALID, "INVALID_NUMBER"),
    ):  # fmt: skip
        code[outcome == result] = DISPOSITION[name]
    return code


def attempt_outcomes(rng: np.random.Generator, shape: tuple[int, ...], answer: float) -> Ints:
    """Results of dialling: answered, machine, no answer, busy, given up by the agent, failed."""
    results = np.array([c.ANSWERED, c.MACHINE, c.NO_ANSWER, c.BUSY, c.AGENT_ABANDONED, c.FAILED])
    rest = np.array([0.31, 0.53, 0.1, 0.045, 0.015]) * (1 - answer)
    bounds = np.cumsum(np.concatenate(([answer], rest)))
    return results[np.minimum(np.searchsorted(bounds, rng.random(shape), side="right"), 5)]


def working_day(days: Ints) -> Ints:
    """The same day, or the next one that is neither a weekend nor a public holiday."""
    moved = days.copy()
    for _ in range(5):
        off = (weekday_of(moved) >= 5) | is_holiday(moved)
        if not off.any():
            break
        moved[off] += 1
    return moved


def solicit_hours(rng: np.random.Generator, rows: int) -> Ints:
    """Seconds of the local day, within 10-13 and 14-18, where the law allows calls to consumers."""
    hour = np.array([10, 11, 12, 14, 15, 16, 17])[rng.integers(0, 7, rows)]
    return hour * HOUR + rng.integers(0, HOUR, rows)


def campaign_days(centre: Centre, campaign: Campaign) -> tuple[int, int]:
    """First and last day of a campaign, counted from the first day of the period."""
    first = int(campaign.begins * centre.days)
    return first, max(first, min(centre.days - 1, int(campaign.ends * centre.days) - 1))


def work_lists(centre: Centre, rng: np.random.Generator, attempts_wanted: float) -> tuple[Lists, Attempts]:
    """Lists, records and the attempts due, about `attempts_wanted` for each replica."""
    lists: list[tuple[Ints, Ints]] = []
    records: list[tuple[Array, ...]] = []
    attempts: list[tuple[Ints, ...]] = []
    list_base = record_base = 0
    for position, campaign in enumerate(CAMPAIGNS):
        if campaign.share == 0:
            continue
        first, last = campaign_days(centre, campaign)
        each = max(1, (last - first + 1) // 75)
        records_each = max(4, round(attempts_wanted * campaign.share / 2.55))
        replica = np.repeat(np.arange(centre.replicas), records_each)
        place = np.tile(np.arange(records_each), centre.replicas)
        list_in_campaign = place * each // records_each
        span = (last - first + 1) / each
        opens = first + (np.arange(each) * span).astype(np.int64)
        list_number = list_base + replica * each + list_in_campaign
        number = record_base + np.arange(place.size)
        within = place * each % records_each / records_each
        worked = opens[list_in_campaign] + (within * span * 0.8).astype(np.int64)
        size = place.size
        validity = np.searchsorted(np.cumsum(_VALID_SHARES), rng.random(size), side="right").clip(0, 6)
        person = number.copy()
        copies = np.flatnonzero((validity == 3) & (place > 0))
        person[copies] = number[copies] - rng.integers(1, np.minimum(place[copies], 40) + 1)

        answer = 0.3 if campaign.is_b2b else 0.26
        outcome = attempt_outcomes(rng, (size, MAX_ATTEMPTS), answer)
        outcome[:, 0] = np.where((validity == 1) | (rng.random(size) < 0.012), c.INVALID, outcome[:, 0])
        if position == PREDICTIVE:
            dropped = (outcome == c.ANSWERED) & (rng.random(outcome.shape) < 0.035)
            outcome[dropped] = c.DIALER_DROPPED
            outcome[outcome == c.AGENT_ABANDONED] = c.NO_ANSWER
        flat = outcome.reshape(-1)
        code = unanswered_code(flat)
        spoken = flat == c.ANSWERED
        code[spoken] = codes_for(rng, campaign.objective, int(spoken.sum()))
        code[(rng.random(code.size) < 0.03) & ~spoken] = -1
        final = np.isin(code, [DISPOSITION[name] for name in c.FINAL]) | (flat == c.INVALID)
        final = final.reshape(size, MAX_ATTEMPTS)
        code = code.reshape(size, MAX_ATTEMPTS)
        limit = rng.integers(3, MAX_ATTEMPTS + 1, size)
        ended = np.cumsum(final, axis=1) - final > 0
        made = ~ended & (np.arange(MAX_ATTEMPTS)[None, :] < limit[:, None])
        made &= np.isin(validity, [0, 1, 4])[:, None]
        gaps = np.cumsum(rng.integers(1, 7, (size, MAX_ATTEMPTS)), axis=1) - 1
        at, turn = np.nonzero(made)
        day = working_day(centre.first_day + worked[at] + gaps[at, turn])
        local = day * DAY + solicit_hours(rng, at.size)
        due = to_utc(local, "Europe/Paris")
        day -= centre.first_day
        kept = day < centre.days
        last_code = np.full(size, -1, dtype=np.int64)
        closing = made & final
        closing[at[~kept], turn[~kept]] = False
        row, turn_of = np.nonzero(closing)
        last_code[row] = code[row, turn_of]

        lists.append(
            (
                np.repeat(np.arange(centre.replicas) * CAMPAIGNS_EACH + position, each),
                (centre.first_day + np.tile(opens, centre.replicas)) * DAY - 2 * DAY + 9 * HOUR,
            )
        )
        records.append(
            (list_number, person, validity, np.full(size, campaign.is_b2b, dtype=np.int8), last_code)
        )
        at, turn = at[kept], turn[kept]
        attempts.append(
            (
                number[at],
                replica[at] * CAMPAIGNS_EACH + position,
                replica[at],
                day[kept],
                due[kept],
                outcome[at, turn],
                code[at, turn],
            )
        )
        list_base += each * centre.replicas
        record_base += size
    supplied = Lists(
        *(np.concatenate(values) for values in zip(*lists, strict=True)),
        *(np.concatenate(values) for values in zip(*records, strict=True)),
    )
    return supplied, Attempts(*(np.concatenate(values) for values in zip(*attempts, strict=True)))
