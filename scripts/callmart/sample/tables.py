"""Every table of a group, made one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from callmart.sample import calls, marketing, people, voice
from callmart.sample.frame import Frame
from callmart.sample.group import Group


def tables(group: Group) -> Iterator[tuple[str, Frame]]:
    """Name and rows of each table of the contract. A frame lives only until the next one is asked for."""
    tickets = people.make_tickets(group)
    customers, orders = people.customers_and_orders(group)
    invited = voice.invite(group, tickets)
    makers: dict[str, Callable[[], Frame]] = {
        "calls": partial(calls.calls, group),
        "agents": partial(calls.agents, group),
        "agent_states": partial(calls.agent_states, group),
        "queues": partial(calls.queues, group),
        "customers": partial(people.customers, group, customers),
        "customer_events": partial(people.customer_events, group, customers),
        "leads": partial(people.leads, group),
        "lead_activities": partial(people.lead_activities, group),
        "appointments": partial(people.appointments, group),
        "opportunities": partial(people.opportunities, group, orders),
        "contact_lists": partial(calls.contact_lists, group),
        "contact_records": partial(calls.contact_records, group),
        "campaigns": partial(calls.campaigns, group),
        "campaign_costs": partial(marketing.campaign_costs, group),
        "orders": partial(people.orders, group, orders),
        "tickets": partial(people.tickets, group, tickets),
        "survey_invitations": partial(voice.survey_invitations, group, invited),
        "survey_responses": partial(voice.survey_responses, group, invited, tickets),
        "email_sends": partial(marketing.email_sends, group),
        "selfservice_sessions": partial(people.selfservice_sessions, group),
        "web_visits": partial(marketing.web_visits, group),
        "qa_evaluations": partial(voice.qa_evaluations, group),
        "one_on_ones": partial(voice.one_on_ones, group),
        "vendor_figures": partial(calls.vendor_figures, group),
    }
    for name, make in makers.items():
        yield name, make()
