"""Money: revenue, costs, customers won and lost, and what they make of each other (the money ruling)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from .calls import attempt_scopes, attempts
from .contract import Row
from .history import whole_seconds
from .leads import Leads
from .periods import DAY, next_start, previous_start, starts_between
from .settings import end_of_day, start_of_day
from .tally import ALL, Cell, Number, Results, Scope, Tally, named_scopes, scopes
from .world import World

DAY_SECONDS = 86_400
CALENDAR_GRAINS = ("day", "week", "month", "quarter", "year")


def money_kpis(world: World) -> Results:
    leads = Leads(world)
    orders = confirmed_orders(world, leads)
    return {
        **revenue_kpis(world, orders),
        **cost_kpis(world, orders, leads),
        **opportunity_kpis(world),
        **churn_kpis(world, orders),
        **email_kpis(world),
        **web_kpis(world),
    }


@dataclass(frozen=True)
class Order:
    """A confirmed order; amounts in the reporting currency, None when unknown or without a rate."""

    order_id: str
    customer_id: str
    ordered_at: datetime
    day: date
    net: Fraction | None
    margin: Fraction | None
    campaign_id: str | None
    scopes: tuple[Scope, ...]


def confirmed_orders(world: World, leads: Leads) -> list[Order]:
    """In order.

    An order without a campaign takes its lead's, then its call's; so for its source, and its agent.
    """
    legs = {leg.call_id: leg for leg in world.legs}
    orders = []
    for row in world.rows("orders", "ordered_at"):
        if row.text("status") != "confirmed":
            continue
        day = world.day(row.moment("ordered_at"))
        lead_id, leg = row.text("lead_id"), legs.get(row.text("call_id") or "")
        lead = leads.rows.get(leads.survivor(lead_id)) if lead_id is not None else None
        campaign_id, agent_id = row.text("campaign_id"), row.text("agent_id")
        source = industry = company_size = None
        if lead is not None:
            campaign_id = campaign_id or lead.text("campaign_id")
            source = lead.text("source_channel")
            industry, company_size = lead.text("industry"), lead.text("company_size")
        if leg is not None:
            campaign_id, source = campaign_id or leg.campaign_id, source or leg.source_channel
            agent_id = agent_id or leg.agent_id
        listed = scopes(
            ("campaign", campaign_id),
            ("source_channel", source),
            ("team", world.agents.on(agent_id, day).team),
            ("agent", agent_id),
            ("industry", industry),
            ("company_size", company_size),
        )
        orders.append(
            Order(
                row.key("order_id"),
                row.key("customer_id"),
                row.moment("ordered_at"),
                day,
                world.converted(row, "net_amount", day),
                world.converted(row, "margin_amount", day),
                campaign_id,
                tuple(listed),
            )
        )
    return sorted(orders, key=lambda order: (order.ordered_at, order.order_id.encode()))


def revenue_kpis(world: World, orders: list[Order]) -> Results:
    tally = Tally()
    for order in orders:
        if order.net is not None:
            tally.add_all({"revenue": order.net, "orders": 1}, order.scopes, order.day)
            by_campaign = scopes(("campaign", order.campaign_id))
            tally.collect("buyers", by_campaign, order.day, order.customer_id)
    results = {
        **tally.count("revenue", "revenue"),
        **tally.rate("average_order_value", "revenue", "orders"),
        **tally.rate("average_revenue_per_customer", "revenue", "buyers", only=("all", "campaign")),
    }
    revenue = tally.totals("revenue")
    for cell in [cell for cell in revenue if cell[0][0] in ("all", "campaign")]:
        for scope, grain, start in growth_cells(world, cell):
            before = revenue.get((scope, grain, previous_start(grain, start)), 0)
            growth = revenue.get((scope, grain, start), 0) - before
            value = float(Fraction(100) * growth / before) if before else None
            results["sales_growth", grain, start, *scope] = (None, None, value)
    return results


def growth_cells(world: World, cell: Cell) -> Iterator[tuple[Scope, str, date]]:
    """A period with revenue, and the one after it: revenue that stops is a fall to nothing."""
    scope, grain, start = cell
    if start is not None:
        yield scope, grain, start
        following = next_start(grain, start)
        if following <= world.as_of_day:
            yield scope, grain, following


def cost_kpis(world: World, orders: list[Order], leads: Leads) -> Results:
    """Each side on its own day: costs on the day they fall, calls, leads, orders and customers on theirs."""
    tally = Tally()
    add_costs(world, tally)
    has_costs = bool(tally.daily["cost"])
    for leg in attempts(world):
        listed = [scope for scope in attempt_scopes(leg) if scope[0] in ("all", "campaign")]
        tally.add("attempts", listed, leg.day)
        if leg.flags.is_contact_established:
            tally.add("contacts", listed, leg.day)
    for lead in leads.population:
        tally.add("leads", scopes(("campaign", lead.row.text("campaign_id"))), world.day(lead.created_at))
    known: set[str] = set()
    for order in orders:
        listed = scopes(("campaign", order.campaign_id))
        tally.add("revenue", listed, order.day, order.net or 0)
        tally.add("margin", listed, order.day, order.margin or 0)
        if order.customer_id not in known:
            known.add(order.customer_id)
            tally.collect("new_customers", listed, order.day, order.customer_id)
    results = tally.count("new_customers", "new_customers")
    if not has_costs:
        return results
    return {
        **results,
        **tally.rate("cost_per_call", "cost", "attempts"),
        **tally.rate("cost_per_contact", "cost", "contacts"),
        **tally.rate("cost_per_lead", "marketing", "leads"),
        **tally.rate("customer_acquisition_cost", "acquisition", "new_customers"),
        **return_on_cost(tally, "roi", "revenue"),
        **return_on_cost(tally, "roi_margin", "margin"),
    }


def add_costs(world: World, tally: Tally) -> None:
    """Campaign cost: every family, and the calls of campaigns.

    CPL uses marketing, CAC marketing and commercial.
    """
    for row in world.staged["campaign_costs"].rows:
        day = row.day("cost_date")
        if day is None or day > world.as_of_day:
            continue
        amount = world.converted(row, "amount", day)
        if amount is None:
            continue
        listed = scopes(("campaign", row.text("campaign_id")))
        tally.add("cost", listed, day, amount)
        family = row.key("cost_family")
        if family in ("marketing", "commercial"):
            tally.add("acquisition", listed, day, amount)
        if family == "marketing":
            tally.add("marketing", listed, day, amount)
    for leg in world.legs:
        if leg.campaign_id is not None and leg.cost is not None:
            tally.add("cost", scopes(("campaign", leg.campaign_id)), leg.day, leg.cost)


def return_on_cost(tally: Tally, kpi_id: str, gain: str) -> Results:
    """(gain - cost) / cost; no cost: null."""
    gains, costs = tally.totals(gain), tally.totals("cost")
    results: Results = {}
    for cell in gains.keys() | costs.keys():
        scope, grain, start = cell
        cost = costs.get(cell, 0)
        net = gains.get(cell, 0) - cost
        value = float(Fraction(100) * net / cost) if cost else None
        results[kpi_id, grain, start, *scope] = (net, cost, value)
    return results


def opportunity_kpis(world: World) -> Results:
    """Won deals, on the day they close, and the velocity of the pipeline."""
    tally = Tally()
    rows = world.rows("opportunities", "created_at")
    for row in rows:
        closed_at, won = row.instant("closed_at"), row.flag("is_won")
        if closed_at is None or won is None:
            continue
        day = world.day(closed_at)
        listed = scopes(("campaign", row.text("campaign_id")))
        tally.add("decided", listed, day)
        if won:
            lasted = closed_at - row.moment("created_at")
            tally.add_all({"won": 1, "won_seconds": whole_seconds(lasted)}, listed, day)
            amount = world.converted(row, "amount", day)
            if amount is not None:
                tally.add_all({"won_amount": amount, "won_known": 1}, listed, day)
    return {
        **tally.rate("average_deal_value", "won_amount", "won_known"),
        **pipeline_velocity(world, tally, rows),
    }


def pipeline_velocity(world: World, tally: Tally, rows: list[Row]) -> Results:
    """Open at the period's end x average won deal x win rate / days from creation to winning."""
    decided, won, won_seconds = (tally.totals(name) for name in ("decided", "won", "won_seconds"))
    won_amount, won_known = tally.totals("won_amount"), tally.totals("won_known")
    results: Results = {}
    for cell, closed in decided.items():
        scope, grain, start = cell
        value = None
        if won_known.get(cell) and won_seconds.get(cell):
            end = world.as_of
            if start is not None:
                last_day = next_start(grain, start) - DAY
                end = min(end, end_of_day(last_day, world.settings.reporting_zone))
            deal = Fraction(won_amount[cell]) / won_known[cell]
            win_rate = Fraction(won[cell]) / closed
            days = Fraction(won_seconds[cell]) / won[cell] / DAY_SECONDS
            value = float(open_at(rows, scope, end) * deal * win_rate / days)
        results["pipeline_velocity", grain, start, *scope] = (None, None, value)
    return results


def open_at(rows: list[Row], scope: Scope, end: datetime) -> int:
    return sum(
        row.moment("created_at") <= end
        and ((closed_at := row.instant("closed_at")) is None or closed_at > end)
        and (scope == ALL or row.text("campaign_id") == scope[1])
        for row in rows
    )


def churn_kpis(world: World, orders: list[Order]) -> Results:
    """Churn: active at the period's start and left in it, over active at the start; nothing at grain `total`.

    Lifetime value: average monthly value per active customer x 1 / monthly churn, over the months of the
    period.
    """
    segments = {row.key("customer_id"): row.text("segment") for row in world.staged["customers"].rows}
    events = sorted(
        world.rows("customer_events", "occurred_at"),
        key=lambda row: (row.moment("occurred_at"), row.key("event_id").encode()),
    )
    activations = [row.moment("occurred_at") for row in events if row.text("event_type") != "churned"]
    if not activations:
        return {}
    first = world.day(activations[0])
    active: defaultdict[Cell, Number] = defaultdict(int)
    left: defaultdict[Cell, Number] = defaultdict(int)
    for grain in CALENDAR_GRAINS:
        starts = [start for start in starts_between(grain, first, world.as_of_day) if start is not None]
        for start, at_start, gone in sweep(world, events, grain, starts):
            for members, cells in ((at_start, active), (gone, left)):
                for customer_id in members:
                    for scope in scopes(("segment", segments.get(customer_id))):
                        cells[scope, grain, start] += 1
    results: Results = {}
    for cell, customers in active.items():
        scope, grain, at = cell
        lost = left.get(cell, 0)
        value = float(Fraction(100) * lost / customers)
        results["churn_rate", grain, at, *scope] = (lost, customers, value)
    begun: dict[Scope, date] = {}
    for event in events:
        if event.text("event_type") != "churned":
            for scope in scopes(("segment", segments.get(event.key("customer_id")))):
                begun.setdefault(scope, world.day(event.moment("occurred_at")))
    months = [
        (scope, start)
        for scope, first_day in begun.items()
        for start in starts_between("month", first_day, world.as_of_day)
        if start is not None
    ]
    return {**results, **lifetime_values(orders, segments, months, active, left)}


def sweep(
    world: World, events: list[Row], grain: str, starts: list[date]
) -> Iterator[tuple[date, frozenset[str], set[str]]]:
    """For each period, the customers active at its start and those of them who left in it."""
    current: set[str] = set()
    position = 0
    zone = world.settings.reporting_zone
    for start in starts:
        begins, ends = start_of_day(start, zone), start_of_day(next_start(grain, start), zone)
        while position < len(events) and events[position].moment("occurred_at") < begins:
            apply_event(current, events[position])
            position += 1
        at_start, gone = frozenset(current), set[str]()
        while position < len(events) and events[position].moment("occurred_at") < ends:
            customer_id = events[position].key("customer_id")
            if events[position].text("event_type") == "churned" and customer_id in at_start:
                gone.add(customer_id)
            apply_event(current, events[position])
            position += 1
        yield start, at_start, gone


def apply_event(current: set[str], event: Row) -> None:
    if event.text("event_type") == "churned":
        current.discard(event.key("customer_id"))
    else:
        current.add(event.key("customer_id"))


def lifetime_values(
    orders: list[Order],
    segments: dict[str, str | None],
    months: list[tuple[Scope, date]],
    active: dict[Cell, Number],
    left: dict[Cell, Number],
) -> Results:
    """Of months, and of quarters and years as the months they hold, from the first activation on; no churn: null."""
    tally = Tally()
    for order in orders:
        listed = scopes(("segment", segments.get(order.customer_id)))
        tally.add("revenue", listed, order.day, order.net or 0)
    revenue = tally.totals("revenue")
    for scope, first_day in months:
        month = (scope, "month", first_day)
        tally.add("customers", [scope], first_day, active.get(month, 0))
        tally.add("lost", [scope], first_day, left.get(month, 0))
        tally.add("value", [scope], first_day, revenue.get(month, 0))
    customers_of, lost_of, value_of = (tally.totals(name) for name in ("customers", "lost", "value"))
    results: Results = {}
    for cell, customers in customers_of.items():
        scope, grain, start = cell
        if grain not in ("month", "quarter", "year"):
            continue
        lost = lost_of.get(cell, 0)
        # Value per customer and month x 1 / (lost / customers).
        value = (
            float(Fraction(value_of.get(cell, 0)) / customers * Fraction(customers) / lost) if lost else None
        )
        results["customer_lifetime_value", grain, start, *scope] = (None, None, value)
    return results


def email_kpis(world: World) -> Results:
    """Distinct recipients on both sides; a human open is one no machine is known to have made."""
    tally = Tally()
    for row in world.rows("email_sends", "sent_at"):
        day, recipient = world.day(row.moment("sent_at")), row.key("recipient_key")
        listed = scopes(("campaign", row.text("campaign_id")))
        delivered, opened = row.instant("delivered_at") is not None, row.instant("opened_at") is not None
        tally.collect("sent", listed, day, recipient)
        if opened:
            tally.collect("opened", listed, day, recipient)
        if delivered:
            tally.collect("delivered", listed, day, recipient)
        if delivered and opened and row.flag("is_machine_open") is not True:
            tally.collect("opened_by_person", listed, day, recipient)
    return {
        **tally.rate("email_open_rate", "opened_by_person", "delivered", 100),
        **tally.rate("email_open_rate_sent", "opened", "sent", 100),
    }


def web_kpis(world: World) -> Results:
    tally = Tally()
    for row in world.staged["web_visits"].rows:
        day, visits = row.day("visit_date"), row.integer("visits")
        if day is not None and visits is not None and day <= world.as_of_day:
            by = named_scopes(
                ("source_channel", row.text("source_channel")), ("campaign", row.text("campaign_id"))
            )
            tally.add("visits", [ALL, *by], day, visits)
    return tally.count("website_traffic", "visits")
