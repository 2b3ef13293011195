"""Surveys of customers and of employees.

Scores on declared scales, response rates, and small groups kept silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .contract import Row
from .suppression import suppress_small_groups
from .tally import Cell, Number, Results, Scope, Tally, as_rate, scopes
from .world import Leg, World

# The lowest positive score of each scale (survey scales ruling).
POSITIVE_FROM = {(0, 1): 1, (1, 4): 3, (1, 5): 4, (1, 7): 6, (0, 5): 4, (0, 10): 8, (1, 10): 8}
# The lowest easy score and the highest difficult one of each scale of effort.
EFFORT = {(1, 5): (4, 2), (1, 7): (5, 3), (1, 10): (7, 4), (0, 10): (7, 4)}
PROMOTER_SCALES = {(0, 10), (1, 10)}
EMPLOYEE_TYPES = frozenset({"enps", "pulse"})


def survey_kpis(world: World) -> Results:
    links = Links(world)
    tally = Tally()
    for response in world.rows("survey_responses", "answered_at"):
        add_response(world, tally, links, response)
    add_invitations(world, tally, links)
    return {
        **tally.rate("csat", "csat_positive", "csat_valid", 100),
        **tally.rate("csat_mean", "csat_points", "csat_valid"),
        **tally.rate("nps", "nps_balance", "nps_valid", 100),
        **tally.rate("ces", "ces_balance", "ces_valid", 100),
        **tally.rate("survey_response_rate", "answered", "sent", 100),
        **tally.rate("pulse_participation_rate", "pulse_answered", "pulse_sent", 100, only=("all", "team")),
        **employee_rate(world, tally, "enps", "enps_balance", "enps_valid"),
        **employee_rate(world, tally, "pulse_score", "pulse_positive", "pulse_valid"),
    }


@dataclass(frozen=True)
class Link:
    """Whom a survey row is about."""

    queue_id: str | None
    team: str | None
    agent_id: str | None


class Links:
    """The call or ticket a response or invitation names, and through it queue and agent."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.legs: dict[str, Leg] = {leg.call_id: leg for leg in world.legs}
        self.tickets = {row.key("ticket_id"): row for row in world.rows("tickets", "created_at")}
        self.invitations = {
            row.key("invitation_id"): row for row in world.rows("survey_invitations", "sent_at")
        }

    def asked_an_employee(self, response: Row) -> bool:
        """Whether the invitation says so: whatever the survey, its answer is then no customer's."""
        invitation = self.invitations.get(response.text("invitation_id") or "")
        return invitation is not None and invitation.text("respondent_type") == "employee"

    def of(self, row: Row, day: date) -> Link:
        """The row's own columns, then its invitation's, then those of the call, then those of the ticket."""
        chain = [row]
        if "response_id" in row.values:
            invitation = self.invitations.get(row.text("invitation_id") or "")
            chain += [invitation] if invitation is not None else []
        leg = self.legs.get(first_text(chain, "call_id") or "")
        ticket = self.tickets.get(first_text(chain, "ticket_id") or "")
        queue_id = leg.queue_id if leg is not None else None
        agent_id = first_text(chain, "agent_id") or (leg.agent_id if leg is not None else None)
        if ticket is not None:
            queue_id, agent_id = queue_id or ticket.text("queue_id"), agent_id or ticket.text("agent_id")
        team = first_text(chain, "team_id") or self.world.agents.on(agent_id, day).team
        return Link(queue_id, team, agent_id)


def first_text(chain: list[Row], column: str) -> str | None:
    return next((text for row in chain if (text := row.text(column)) is not None), None)


def survey_scopes(link: Link, survey_id: str) -> list[Scope]:
    return scopes(
        ("queue", link.queue_id), ("team", link.team), ("agent", link.agent_id), ("survey", survey_id)
    )


def add_response(world: World, tally: Tally, links: Links, response: Row) -> None:
    day = world.day(response.moment("answered_at"))
    link = links.of(response, day)
    kind = response.key("survey_type")
    amounts = score_measures(response, kind)
    if kind in EMPLOYEE_TYPES:
        tally.add_all(amounts, scopes(("team", link.team)), day)
    elif not links.asked_an_employee(response):
        tally.add_all(amounts, survey_scopes(link, response.key("survey_id")), day)


def score_measures(response: Row, kind: str) -> dict[str, Number]:
    """What one answer adds; nothing when its scale is none of those the survey type is scored on."""
    low, high = Fraction(response.number("scale_min")), Fraction(response.number("scale_max"))
    score = Fraction(response.number("score"))
    if response.flag("higher_is_better") is False:
        score = low + high - score
    if low.denominator != 1 or high.denominator != 1:
        return {}
    scale = (int(low), int(high))
    if kind in ("nps", "enps") and scale in PROMOTER_SCALES:
        return {f"{kind}_valid": 1, f"{kind}_balance": int(score >= 9) - int(score <= 6)}
    if kind == "ces" and scale in EFFORT:
        easy, difficult = EFFORT[scale]
        return {"ces_valid": 1, "ces_balance": int(score >= easy) - int(score <= difficult)}
    if kind in ("csat", "pulse") and scale in POSITIVE_FROM:
        positive = int(score >= POSITIVE_FROM[scale])
        points = 1 + 4 * (score - low) / (high - low)
        return {f"{kind}_valid": 1, f"{kind}_positive": positive, f"{kind}_points": points}
    return {}


def add_invitations(world: World, tally: Tally, links: Links) -> None:
    """Invitations on the day they were sent; employees' surveys only count in the pulse participation."""
    answered = {row.text("invitation_id") for row in world.rows("survey_responses", "answered_at")}
    for invitation in links.invitations.values():
        day = world.day(invitation.moment("sent_at"))
        link, kind = links.of(invitation, day), invitation.key("survey_type")
        has_answer = int(invitation.key("invitation_id") in answered)
        if kind == "pulse":
            # It went to an employee: the agent of a call that it names says nothing of her team.
            team = invitation.text("team_id") or world.agents.on(invitation.text("agent_id"), day).team
            amounts: dict[str, Number] = {"pulse_sent": 1, "pulse_answered": has_answer}
            tally.add_all(amounts, scopes(("team", team)), day)
        elif kind not in EMPLOYEE_TYPES and invitation.text("respondent_type") != "employee":
            listed = survey_scopes(link, invitation.key("survey_id"))
            tally.add_all({"sent": 1, "answered": has_answer}, listed, day)


def employee_rate(world: World, tally: Tally, kpi_id: str, numerator: str, denominator: str) -> Results:
    """No value and no counts for a group under `min_group_size`, nor for one that would give it away."""
    answers = tally.totals(denominator)
    published = suppress_small_groups(answers, world.settings.min_group_size)
    shown: dict[Cell, Number] = {cell: answers[cell] for cell in published}
    amounts = tally.totals(numerator)
    return as_rate(kpi_id, {cell: amounts.get(cell, 0) for cell in published}, shown, 100)
