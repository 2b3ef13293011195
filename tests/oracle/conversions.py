"""Sales, appointments and conversions: what a call ended in (the money ruling)."""

from __future__ import annotations

from .leads import Leads
from .world import Leg, World


class Conversions:
    """A sale is a call with a sale's disposition or one an order names; an appointment likewise.

    A conversion is either, or a call that created a lead, or one whose disposition is a conversion.
    """

    def __init__(self, world: World, leads: Leads) -> None:
        self.ordered = named_calls(world, "orders", "ordered_at")
        self.booked = named_calls(world, "appointments", "booked_at")
        self.with_lead = {lead.created_by for lead in leads.population if lead.created_by is not None}

    def is_sale(self, leg: Leg) -> bool:
        return leg.flags.is_sale or leg.call_id in self.ordered

    def is_appointment(self, leg: Leg) -> bool:
        return leg.flags.is_appointment or leg.call_id in self.booked

    def is_conversion(self, leg: Leg) -> bool:
        created_lead = leg.call_id in self.with_lead
        return leg.flags.is_conversion or self.is_sale(leg) or self.is_appointment(leg) or created_lead


def named_calls(world: World, table: str, happened: str) -> set[str]:
    """The calls the rows of a table name."""
    return {call_id for row in world.rows(table, happened) if (call_id := row.text("call_id")) is not None}
