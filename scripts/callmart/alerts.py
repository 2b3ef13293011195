"""The alerts of the published release: printed, as JSON, or posted to a webhook. The exit code says how bad it is.

0   no alert is open
1   the alerts could not be read, or the webhook did not take them
2   an option was refused
10  alerts are open, none of them critical
11  a critical alert is open
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

import duckdb

from callmart.paths import warehouse_folder
from callmart.releases import DATABASE, ReleaseError, current_release, release_facts
from callmart.scorecard_text import Language, Style
from callmart.webhook import WebhookError, check_address, post_json

WEBHOOK = "CALLMART_WEBHOOK"
_MOST_LINES_POSTED = 20


@dataclass(frozen=True)
class Alert:
    """A row of `marts.kpi_alerts`; values are in the KPI's unit, days are the first ones of their period."""

    alert_id: str
    alert_kind: str
    severity: str
    state: str
    is_new: bool
    kpi_id: str
    grain: str
    scope_type: str
    scope_id: str
    name_en: str
    name_fr: str
    unit: str
    started_period_start: date
    opened_period_start: date
    last_period_start: date
    closed_period_start: date | None
    judged_periods: int
    bad_periods: int
    worst_period_start: date
    worst_value: float
    worst_reference: float
    worst_deviation: float
    worst_robust_z: float | None
    last_value: float
    values_filter: str
    rows_table: str | None
    rows_filter: str | None

    @property
    def is_open(self) -> bool:
        """Whether it lasts."""
        return self.state == "open"


@dataclass(frozen=True)
class Alerts:
    """The alerts shown, the worst first, and the release they are of.

    Attributes:
        release: the release's name.
        facts: what `release.json` says of it.
        shown: the alerts.
    """

    release: str
    facts: Mapping[str, object]
    shown: Sequence[Alert]

    @property
    def open(self) -> list[Alert]:
        """Those that last."""
        return [alert for alert in self.shown if alert.is_open]

    @property
    def exit_code(self) -> int:
        """0 when none is open, 10 when some are, 11 when one of them is critical."""
        if any(alert.severity == "critical" for alert in self.open):
            return 11
        return 10 if self.open else 0


_WORDS = {
    "en": {
        "title": "Alerts: {open} open, {critical} of them critical, {new} new",
        "about": "Release {release}, data as of {as_of}",
        "sample": " (made-up sample data)",
        "head": "{severity}{new}: {name}, {scope}: {last} {unit}, {against} {reference}",
        "new": ", new",
        "critical": "critical",
        "warning": "warning",
        "target": "target",
        "benchmark": "benchmark",
        "drift_up": "above its usual",
        "drift_down": "below its usual",
        "day": "days",
        "week": "weeks",
        "open": "since {started}: {bad} of {judged} {periods}, worst {worst} on {worst_day}",
        "closed": "closed {closed}, since {started}: {bad} of {judged} {periods}, worst {worst} on {worst_day}",
        "lapsed": "nothing judged after {last_day}, since {started}: {bad} of {judged} {periods}, "
        "worst {worst} on {worst_day}",
        "rows": "rows: {table} where {filter}",
        "more": "... and {count} more",
        "all": "whole centre",
        "queue": "queue {id}",
        "site": "site {id}",
        "team": "team {id}",
        "campaign": "campaign {id}",
    },
    "fr": {
        "title": "Alertes : {open} ouvertes, dont {critical} critiques et {new} nouvelles",
        "about": "Version {release}, données au {as_of}",
        "sample": " (données d'exemple inventées)",
        "head": "{severity}{new} : {name}, {scope} : {last} {unit}, {against} {reference}",
        "new": ", nouvelle",
        "critical": "critique",
        "warning": "avertissement",
        "target": "objectif",
        "benchmark": "référence publiée",
        "drift_up": "au-dessus de l'habituel",
        "drift_down": "au-dessous de l'habituel",
        "day": "jours",
        "week": "semaines",
        "open": "depuis le {started} : {bad} {periods} sur {judged}, pire valeur {worst} le {worst_day}",
        "closed": "fermée le {closed}, depuis le {started} : {bad} {periods} sur {judged}, "
        "pire valeur {worst} le {worst_day}",
        "lapsed": "plus rien à juger après le {last_day}, depuis le {started} : {bad} {periods} sur {judged}, "
        "pire valeur {worst} le {worst_day}",
        "rows": "lignes : {table} where {filter}",
        "more": "... et {count} de plus",
        "all": "tout le centre",
        "queue": "file {id}",
        "site": "site {id}",
        "team": "équipe {id}",
        "campaign": "campagne {id}",
    },
}


def read_alerts(warehouse: Path, since: date | None = None, severity: str = "warning") -> Alerts:
    """The alerts of the current release, the worst and the newest first.

    Without `since` those that are open; with it those that opened or closed in a period that began on that day or
    later, open or not. `severity` critical leaves warnings out.

    Raises:
        ReleaseError: nothing is published, or the release cannot be read.
    """
    release = current_release(warehouse)
    if release is None:
        raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
    facts = release_facts(warehouse, release)
    columns = ", ".join(column.name for column in fields(Alert))
    condition = (
        "state = 'open'" if since is None else "greatest(opened_period_start, closed_period_start) >= $since"
    )
    query = f"""
        select {columns}
        from marts.kpi_alerts
        where {condition} and severity in ('critical', $severity)
        order by severity, opened_period_start desc, kpi_id, grain, scope_type, scope_id, alert_kind
    """
    given: dict[str, object] = {"severity": severity} | ({} if since is None else {"since": since})
    try:
        with duckdb.connect(str(warehouse / "releases" / release / DATABASE), read_only=True) as connection:
            rows = connection.execute(query, given).fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise ReleaseError(f"The release {release} cannot be read, publish again: {reason}") from error
    return Alerts(release, facts, [Alert(*row) for row in rows])


def alert_lines(alerts: Alerts, style: Style, *, with_rows: bool = True) -> list[str]:
    """The alerts as lines of text without any control character: a title, then two or three lines for each."""
    word = _WORDS[style.language]
    lines = [
        word["title"].format(
            open=len(alerts.open),
            critical=sum(alert.severity == "critical" for alert in alerts.open),
            new=sum(alert.is_new for alert in alerts.open),
        ),
        word["about"].format(release=alerts.release, as_of=alerts.facts.get("as_of", "?"))
        + (word["sample"] if alerts.facts.get("is_sample") else ""),
    ]
    for alert in alerts.shown:
        lines += ["", _head(alert, style), "  " + _course(alert, style)]
        if with_rows and alert.rows_table and alert.rows_filter:
            lines.append("  " + word["rows"].format(table=alert.rows_table, filter=alert.rows_filter))
    return [style.clean(line) for line in lines]


def _head(alert: Alert, style: Style) -> str:
    word = _WORDS[style.language]
    return word["head"].format(
        severity=word[alert.severity],
        new=word["new"] if alert.is_new else "",
        name=alert.name_fr if style.language == "fr" else alert.name_en,
        scope=word[alert.scope_type].format(id=alert.scope_id),
        last=style.quantity(alert.last_value, alert.unit),
        unit=style.unit(alert.unit),
        against=word[alert.alert_kind],
        reference=style.quantity(alert.worst_reference, alert.unit),
    )


def _course(alert: Alert, style: Style) -> str:
    word = _WORDS[style.language]
    return word[alert.state].format(
        started=alert.started_period_start,
        closed=alert.closed_period_start,
        last_day=alert.last_period_start,
        bad=alert.bad_periods,
        judged=alert.judged_periods,
        periods=word[alert.grain],
        worst=style.quantity(alert.worst_value, alert.unit),
        worst_day=alert.worst_period_start,
    )


def alert_document(alerts: Alerts, style: Style | None = None) -> dict[str, object]:
    """The alerts as what JSON can hold. With a style there is a `text` beside, for tools that show a message.

    In the text the three signs with a meaning to chat programs, `&`, `<` and `>`, are written as entities: a name in
    the data can neither be a link nor call anybody.
    """
    document: dict[str, object] = {
        "release": alerts.release,
        "as_of": alerts.facts.get("as_of"),
        "is_sample": bool(alerts.facts.get("is_sample")),
        "open": len(alerts.open),
        "critical": sum(alert.severity == "critical" for alert in alerts.open),
        "alerts": [
            {
                name: value.isoformat() if isinstance(value, date) else value
                for name, value in asdict(alert).items()
            }
            for alert in alerts.shown
        ],
    }
    if style is None:
        return document
    first = Alerts(alerts.release, alerts.facts, alerts.shown[:_MOST_LINES_POSTED])
    lines = alert_lines(alerts, style, with_rows=False)[:2] + alert_lines(first, style, with_rows=False)[2:]
    if len(alerts.shown) > _MOST_LINES_POSTED:
        left = len(alerts.shown) - _MOST_LINES_POSTED
        lines += ["", _WORDS[style.language]["more"].format(count=left)]
    text = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": text, **document}


def _style(alerts: Alerts, language: Language, encoding: str | None) -> Style:
    settings = alerts.facts.get("settings")
    currency = settings.get("reporting_currency", "") if isinstance(settings, dict) else ""
    is_ascii = (encoding or "utf-8").lower().replace("_", "-") not in ("utf-8", "utf8")
    return Style(language, is_ascii=is_ascii, currency=str(currency))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2024-06-30") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError("it takes a number of seconds, at most 600")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/alerts",
        description="The alerts of the published release.",
        epilog="Exit code: 0 none is open, 10 some are, 11 a critical one is, 1 they could not be read or posted, 2 an"
        " option was refused.",
    )
    parser.add_argument("--lang", choices=["en", "fr"], default="en", help="language (default: en)")
    parser.add_argument(
        "--severity", choices=["warning", "critical"], default="warning", help="the least severe shown"
    )
    parser.add_argument(
        "--since", type=_day, metavar="DAY", help="what opened or closed since, instead of what is open"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--webhook",
        nargs="?",
        const="",
        metavar="URL",
        help=f"post them there when there are any; without URL to the address in {WEBHOOK}",
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="for the webhook (default: 10)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m callmart.alerts`; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    address = os.environ.get(WEBHOOK, "") if options.webhook == "" else options.webhook
    try:
        if address is not None:
            check_address(address)
    except WebhookError as error:
        parser.error(str(error))
    try:
        alerts = read_alerts(warehouse_folder(), options.since, options.severity)
        if options.json:
            print(json.dumps(alert_document(alerts), indent=2))
        else:
            print("\n".join(alert_lines(alerts, _style(alerts, options.lang, sys.stdout.encoding))))
        sys.stdout.flush()
    except ReleaseError as error:
        print(f"alerts: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if address is not None and alerts.shown:
        try:
            post_json(address, alert_document(alerts, _style(alerts, options.lang, "utf-8")), options.timeout)
        except WebhookError as error:
            print(f"alerts: {error}", file=sys.stderr)
            return 1
    return alerts.exit_code


if __name__ == "__main__":
    sys.exit(main())
