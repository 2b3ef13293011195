"""What customers and employees say, and how the work is followed: surveys, evaluations, one-to-ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from callmart.sample import centre as c
from callmart.sample.calls import shifted
from callmart.sample.centre import QUEUES, QUEUES_EACH
from callmart.sample.clock import DAY, HOUR, UNKNOWN, Ints, date_of, day_number
from callmart.sample.frame import Frame, constant, flag, ident, instant, number, word
from callmart.sample.group import Group
from callmart.sample.inbound import pick
from callmart.sample.legs import Array
from callmart.sample.people import Tickets, period_end


@dataclass(frozen=True)
class Survey:
    """A questionnaire: its measure, its scale, and who answers it."""

    survey_id: str
    kind: str
    low: int
    high: int
    question: str
    higher_is_better: bool = True
    respondent: str = "customer"


SURVEYS = (
    Survey("post_call", "csat", 1, 5, "satisfied"),
    Survey("post_call_ten", "csat", 1, 10, "satisfied"),
    Survey("effort", "ces", 1, 7, "easy"),
    Survey("effort_spent", "ces", 1, 5, "effort_spent", higher_is_better=False),
    Survey("relationship", "nps", 0, 10, "recommend"),
    Survey("post_ticket", "csat", 1, 5, "satisfied"),
    Survey("employer", "enps", 0, 10, "recommend_employer", respondent="employee"),
    Survey("pulse", "pulse", 1, 5, "good_week", respondent="employee"),
)
KINDS = ("csat", "nps", "ces", "enps", "pulse")
RESPONDENTS = ("customer", "employee")
POST_TICKET, EMPLOYER, PULSE = 5, 6, 7


@dataclass
class Invitations:
    """Invitations of the group, with the mood of those who will answer (0 worst to 1 best)."""

    survey: Array
    sent: Ints
    leg: Ints
    ticket: Ints
    agent: Ints
    team: Ints
    mood: Array
    response_rate: Array


def month_starts(group: Group) -> Ints:
    """The first day of each month of the period."""
    first = date_of(group.centre.first_day)
    last = date_of(group.centre.first_day + group.centre.days - 1)
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = [day_number(dt.date(month // 12, month % 12 + 1, 1)) for month in months]
    return np.array([number for number in days if number >= group.centre.first_day], dtype=np.int64)


def _active(group: Group, days: Ints) -> tuple[Ints, Ints, Ints]:
    """Every post on each of some days: agent, post, and the place of the day."""
    posts = np.tile(np.arange(group.centre.posts), days.size)
    place = np.repeat(np.arange(days.size), group.centre.posts)
    return group.staff.agent(posts, days[place]), posts, place


def team_names(group: Group) -> list[str]:
    """The first team of each kind of work, by replica."""
    return [
        f"{queue.team} A {group.centre.site(queue.site, replica)}"
        for replica in range(group.centre.replicas)
        for queue in QUEUES
    ]


def invite(group: Group, made: Tickets) -> Invitations:
    """Who is asked: a quarter of answered callers, half of solved tickets, and the staff."""
    rng = group.rng(300)
    centre, legs = group.centre, group.legs
    end = period_end(group)
    answered = (legs["outcome"] == c.ANSWERED) & (legs["direction"] == c.INBOUND) & (legs["test"] == 0)
    leg = np.flatnonzero(answered & (rng.random(len(legs)) < 0.25))
    by_call = pick(rng, np.array([4, 1.2, 1.6, 0.8, 2.2]), leg.size)
    sent = legs["ended"][leg] + rng.integers(120, 3 * HOUR, leg.size)
    resolved = legs["resolved"][leg]
    feeling = (
        0.58 + 0.26 * (resolved == 1) - 0.3 * (resolved == 0) - 0.2 * np.minimum(legs["wait"][leg], 240) / 240
    )

    solved = np.flatnonzero((made.solved != UNKNOWN) & (rng.random(made.solved.size) < 0.5))
    delay = (made.solved[solved] - made.created[solved]) / (48 * HOUR)
    ticket_feeling = 0.8 - 0.25 * np.minimum(delay, 1.5)

    months = month_starts(group)
    home = np.repeat(np.arange(QUEUES_EACH), centre.pools)
    quarter = months[::3]
    staff, _, place = _active(group, quarter)
    _, pulse_posts, pulse_place = _active(group, months)
    pulse_team = (
        pulse_posts // centre.positions_each * QUEUES_EACH + home[pulse_posts % centre.positions_each]
    )

    parts: tuple[tuple[Array, ...], ...] = (
        (by_call, sent, leg, np.full(leg.size, -1), legs["agent"][leg], np.full(leg.size, -1), feeling,
         np.full(leg.size, 0.31)),
        (np.full(solved.size, POST_TICKET), made.solved[solved] + HOUR, np.full(solved.size, -1), solved,
         made.agent[solved], np.full(solved.size, -1), ticket_feeling, np.full(solved.size, 0.27)),
        (np.full(staff.size, EMPLOYER), (quarter[place] + 9) * DAY + 9 * HOUR, np.full(staff.size, -1),
         np.full(staff.size, -1), staff, np.full(staff.size, -1), np.full(staff.size, 0.66),
         np.full(staff.size, 0.75)),
        # Pulse surveys are anonymous: they know the team only.
        (np.full(pulse_team.size, PULSE), (months[pulse_place] + 2) * DAY + 8 * HOUR,
        np.full(pulse_team.size, -1),
         np.full(pulse_team.size, -1), np.full(pulse_team.size, -1), pulse_team, np.full(pulse_team.size,
         0.68),
         np.full(pulse_team.size, 0.68)),
    )  # fmt: skip
    survey, sent, leg, ticket, agent, team, mood, rate = (
        np.concatenate(values) for values in zip(*parts, strict=True)
    )
    order = np.argsort(sent, kind="stable")
    order = order[sent[order] < end]
    mood = np.clip(mood[order] + 0.17 * rng.standard_normal(order.size), 0, 1)
    return Invitations(
        survey[order], sent[order], leg[order], ticket[order], agent[order], team[order], mood, rate[order]
    )


def survey_invitations(group: Group, invited: Invitations) -> Frame:
    """One row per invitation."""
    size = invited.sent.size
    respondent = np.array([RESPONDENTS.index(survey.respondent) for survey in SURVEYS])
    kind = np.array([KINDS.index(survey.kind) for survey in SURVEYS])
    return Frame(
        {
            "invitation_id": ident("N", group.base + np.arange(size)),
            "survey_id": word(invited.survey, [survey.survey_id for survey in SURVEYS]),
            "survey_type": word(kind[invited.survey], KINDS),
            "respondent_type": word(respondent[invited.survey], RESPONDENTS),
            "sent_at": instant(invited.sent),
            "call_id": ident("L", shifted(invited.leg, group.base)),
            "ticket_id": ident("T", shifted(invited.ticket, group.base)),
            "agent_id": ident("A", invited.agent),
            "team_id": word(invited.team.astype(np.int32), team_names(group)),
            "source_system": constant(size, "survey"),
        }
    )


def survey_responses(group: Group, invited: Invitations, made: Tickets) -> Frame:
    """One row per answer: better after a short wait and a resolved matter."""
    rng = group.rng(301)
    answered = invited.sent + 60 + (rng.exponential(9, invited.sent.size) * HOUR).astype(np.int64)
    # Those with something to say answer more.
    eager = invited.response_rate * (0.8 + 0.8 * np.abs(invited.mood - 0.5))
    rows = np.flatnonzero((rng.random(invited.sent.size) < eager) & (answered < period_end(group)))
    survey = invited.survey[rows]
    low = np.array([item.low for item in SURVEYS])[survey]
    high = np.array([item.high for item in SURVEYS])[survey]
    better = np.array([item.higher_is_better for item in SURVEYS])[survey]
    rank = np.minimum((invited.mood[rows] ** 0.7 * (high - low + 1)).astype(np.int64), high - low)
    score = np.where(better, low + rank, high - rank)
    kind = np.array([KINDS.index(item.kind) for item in SURVEYS])
    questions = sorted({item.question for item in SURVEYS})
    question = np.array([questions.index(item.question) for item in SURVEYS])
    leg, ticket = invited.leg[rows], invited.ticket[rows]
    by_ticket = np.where(ticket >= 0, made.customer[ticket], -1)
    customer = np.where(leg >= 0, group.legs["customer"][leg], by_ticket)
    size = rows.size
    return Frame(
        {
            "response_id": ident("Y", group.base + np.arange(size)),
            "invitation_id": ident("N", group.base + rows),
            "survey_id": word(survey, [item.survey_id for item in SURVEYS]),
            "survey_type": word(kind[survey], KINDS),
            "question_id": word(question[survey], questions),
            "answered_at": instant(answered[rows]),
            "score": number(score),
            "scale_min": number(low),
            "scale_max": number(high),
            "higher_is_better": flag(better.astype(np.int8)),
            "call_id": ident("L", shifted(leg, group.base)),
            "ticket_id": ident("T", shifted(ticket, group.base)),
            "customer_id": ident("C", shifted(customer, group.base)),
            "agent_id": ident("A", invited.agent[rows]),
            "team_id": word(invited.team[rows].astype(np.int32), team_names(group)),
            "source_system": constant(size, "survey"),
        }
    )


def qa_evaluations(group: Group) -> Frame:
    """Listened calls: three in a hundred recorded ones, scored out of 100 or out of 20."""
    rng = group.rng(302)
    legs = group.legs
    heard = np.flatnonzero((legs["recorded"] == 1) & (legs["test"] == 0) & (rng.random(len(legs)) < 0.03))
    at = legs["ended"][heard] + rng.integers(DAY, 9 * DAY, heard.size)
    heard, at = heard[at < period_end(group)], at[at < period_end(group)]
    size = heard.size
    talent = (legs["agent"][heard] * 2654435761 % 1000) / 1000
    quality = np.clip(0.62 + 0.22 * talent + 0.1 * rng.standard_normal(size), 0.2, 1)
    top = np.where(rng.random(size) < 0.85, 100, 20)
    script = np.where(
        rng.random(size) < 0.9, np.clip(quality * 100 + rng.integers(-8, 9, size), 0, 100), UNKNOWN
    )
    return Frame(
        {
            "evaluation_id": ident("Q", group.base + np.arange(size)),
            "agent_id": ident("A", legs["agent"][heard]),
            "call_id": ident("L", group.base + heard),
            "evaluated_at": instant(at),
            "score": number((quality * top).astype(np.int64)),
            "max_score": number(top),
            "script_adherence_percent": number(script.astype(np.int64)),
            "source_system": constant(size, "quality"),
        }
    )


def one_on_ones(group: Group) -> Frame:
    """Monthly meetings of agents with their lead; one in five does not take place."""
    rng = group.rng(303)
    months = month_starts(group)
    agent, _, place = _active(group, months)
    held = rng.random(agent.size) < 0.8
    at = (
        months[place] * DAY
        + rng.integers(5, 26, agent.size) * DAY
        + rng.integers(8 * 4, 16 * 4, agent.size) * 900
    )
    # Whoever took the post over in between holds the meeting.
    agent = group.staff.agent(np.tile(np.arange(group.centre.posts), months.size), at // DAY)
    held &= at < period_end(group)
    size = int(held.sum())
    return Frame(
        {
            "meeting_id": ident("H", group.base + np.arange(size)),
            "agent_id": ident("A", agent[held]),
            "held_at": instant(at[held]),
            "minutes": number(rng.integers(3, 10, size) * 5),
            "source_system": constant(size, "workforce"),
        }
    )
