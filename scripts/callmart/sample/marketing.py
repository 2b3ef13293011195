"""What marketing spends and sees: costs by family, visits to the web site, the newsletter."""

from __future__ import annotations

import numpy as np

from callmart.sample import centre as c
from callmart.sample.calls import campaign_ids
from callmart.sample.campaigns import CAMPAIGNS, CAMPAIGNS_EACH, NEWSLETTER, campaign_days
from callmart.sample.clock import DAY, HOUR, UNKNOWN, weekday_of
from callmart.sample.frame import Frame, constant, day, flag, ident, instant, money, number, word
from callmart.sample.group import Group
from callmart.sample.people import period_end
from callmart.sample.voice import month_starts

FAMILIES = ("marketing", "commercial", "operations")
_SHARES = {
    "outbound": (0.15, 0.5, 0.9),
    "outbound_predictive": (0.15, 0.5, 0.8),
    "inbound": (1.0, 0.12, 0.05),
}
_EMAIL_SHARES = (0.8, 0.2, 0.1)


def campaign_costs(group: Group) -> Frame:
    """One row per campaign, month and family, dated the first of the month (or the campaign's first day)."""
    rng = group.rng(400)
    centre = group.centre
    months = month_starts(group)
    campaign, date, family, cents = [], [], [], []
    for position, item in enumerate(CAMPAIGNS):
        first, last = (centre.first_day + number for number in campaign_days(centre, item))
        dates = np.unique(np.concatenate(([first], months[(months > first) & (months <= last)])))
        shares = np.array(_SHARES.get(item.kind, _EMAIL_SHARES))
        mean = item.budget * 100 * centre.scale * np.repeat(shares, dates.size)
        for replica in range(centre.replicas):
            campaign.append(np.full(mean.size, replica * CAMPAIGNS_EACH + position))
            date.append(np.tile(dates, len(FAMILIES)))
            family.append(np.repeat(np.arange(len(FAMILIES)), dates.size))
            cents.append((mean * rng.uniform(0.7, 1.3, mean.size)).astype(np.int64))
    size = sum(part.size for part in campaign)
    return Frame(
        {
            "cost_id": ident("K", group.base + np.arange(size)),
            "campaign_id": word(np.concatenate(campaign), campaign_ids(group)),
            "cost_date": day(np.concatenate(date)),
            "cost_family": word(np.concatenate(family), FAMILIES),
            "amount": money(np.concatenate(cents)),
            "currency": constant(size, "EUR"),
            "source_system": constant(size, "finance"),
        }
    )


def web_visits(group: Group) -> Frame:
    """Visits by day, source and campaign; those without a campaign are the whole site's, counted once."""
    rng = group.rng(401)
    centre = group.centre
    days = centre.first_day + np.arange(centre.days)
    swing = np.where(weekday_of(days) >= 5, 0.7, 1.05)
    date, source, campaign, visits = [], [], [], []

    def add(channel: int, number_of_campaign: int, mean: float, chosen: slice) -> None:
        date.append(days[chosen])
        source.append(np.full(days[chosen].size, channel))
        campaign.append(np.full(days[chosen].size, number_of_campaign))
        visits.append(rng.poisson(np.maximum(mean * centre.scale, 0.5) * swing[chosen]))

    if centre.first_replica == 0:
        for channel, mean in ((2, 260.0), (6, 60.0), (9, 35.0)):
            add(channel, -1, mean, slice(None))
    for replica in range(centre.replicas):
        for position, item in enumerate(CAMPAIGNS):
            if item.source >= 0:
                first, last = campaign_days(centre, item)
                add(
                    item.source, replica * CAMPAIGNS_EACH + position, item.budget / 12, slice(first, last + 1)
                )
    return Frame(
        {
            "visit_date": day(np.concatenate(date)),
            "source_channel": word(np.concatenate(source), c.SOURCES),
            "campaign_id": word(np.concatenate(campaign), campaign_ids(group)),
            "visits": number(np.concatenate(visits)),
            "source_system": constant(sum(part.size for part in date), "web"),
        }
    )


def email_sends(group: Group) -> Frame:
    """The monthly newsletter: three in ten customers, some opens made by mail software."""
    rng = group.rng(402)
    centre = group.centre
    everyone = centre.customers_each * centre.replicas
    recipients = np.flatnonzero(rng.random(everyone) < 0.3)
    months = month_starts(group)
    person = np.tile(recipients, months.size)
    sent = (np.repeat(months, recipients.size) + 4) * DAY + 8 * HOUR + rng.integers(0, HOUR, person.size)
    kept = sent < period_end(group)
    person, sent = person[kept], sent[kept]
    size = person.size
    delivered = np.where(rng.random(size) < 0.972, sent + rng.integers(1, 90, size), UNKNOWN)
    by_machine = rng.random(size) < 0.13
    opens = (delivered != UNKNOWN) & (by_machine | (rng.random(size) < 0.23))
    pause = np.where(by_machine, rng.integers(5, 120, size), rng.exponential(9 * HOUR, size).astype(np.int64))
    opened = np.where(opens, delivered + 1 + pause, UNKNOWN)
    opened = np.where(opened < period_end(group), opened, UNKNOWN)
    return Frame(
        {
            "send_id": ident("B", group.base + np.arange(size)),
            "campaign_id": word(
                person // centre.customers_each * CAMPAIGNS_EACH + NEWSLETTER, campaign_ids(group)
            ),
            "recipient_key": ident("W", group.base + person),
            "sent_at": instant(sent),
            "delivered_at": instant(delivered),
            "opened_at": instant(opened),
            "is_machine_open": flag(np.where(opened == UNKNOWN, -1, by_machine).astype(np.int8)),
            "source_system": constant(size, "mail"),
        }
    )
