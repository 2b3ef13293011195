"""The scorecard in the terminal: the newest complete month of the published release, for the whole centre.

Reads only what every reader sees. Verdicts and trends are told by a sign or a word, and by colour besides.
Where the output is no terminal it holds no control codes and at most 80 columns; where it is not UTF-8, only
ASCII.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callmart.paths import warehouse_folder
from callmart.releases import DATABASE, ReleaseError, current_release, release_facts
from callmart.scorecard_text import DOMAINS, Language, Style

_PIPE_WIDTH = 80
_WIDEST = 100


@dataclass(frozen=True)
class Line:
    """One KPI of the month: a row of `marts.kpi_scorecard`; values are in the KPI's unit."""

    name_en: str
    name_fr: str
    domain: str
    unit: str
    better: str
    value: float | None
    target: float | None
    benchmark: float | None
    gap: float | None
    is_gap_favourable: bool | None
    status: str
    trend: str | None

    @property
    def verdict(self) -> str | None:
        """`met`, `warning`, `missed` or `few`, by target, else by benchmark; None without either."""
        if self.target is not None:
            return {
                "on_target": "met",
                "warning": "warning",
                "off_target": "missed",
                "low_volume": "few",
            }.get(self.status)
        if self.is_gap_favourable is None:
            return None
        return "met" if self.is_gap_favourable else "missed"


@dataclass(frozen=True)
class Landed:
    """What became of a raw table's rows: a row of `marts.landing_summary`."""

    raw_table: str
    landed: int
    staged: int
    rejected: int
    superseded: int
    skipped_files: int


@dataclass(frozen=True)
class Scorecard:
    """All the scorecard shows.

    Attributes:
        release: the release's name.
        facts: what `release.json` says of it.
        month: the first day of the month shown; None when no month is complete.
        lines: its KPIs, by name.
        landed: the raw tables.
        unavailable: KPI -> the raw tables it lacks, as `data_availability` writes them.
    """

    release: str
    facts: Mapping[str, object]
    month: date | None
    lines: Sequence[Line]
    landed: Sequence[Landed]
    unavailable: Mapping[str, str]


_LINES = """
    select
        name_en, name_fr, domain, unit, better, value, target, benchmark, gap, is_gap_favourable, status,
        trend, period_start
    from marts.kpi_scorecard
    where scope_type = 'all' and grain = 'month'
    qualify period_start = max(period_start) over ()
    order by name_en
"""
_LANDED = """
    select raw_table, landed_rows, staged_rows, rejected_rows, superseded_rows, skipped_files
    from marts.landing_summary
    order by raw_table
"""
_UNAVAILABLE = """
    select kpi_id, coalesce(missing_tables, '')
    from marts.data_availability
    where not is_available
    order by kpi_id
"""


def read_scorecard(warehouse: Path) -> Scorecard:
    """Read the scorecard of the current release.

    Raises:
        ReleaseError: nothing is published, or the release cannot be read.
    """
    release = current_release(warehouse)
    if release is None:
        raise ReleaseError(f"Nothing is published in {warehouse}: run scripts/build first.")
    facts = release_facts(warehouse, release)
    try:
        with duckdb.connect(str(warehouse / "releases" / release / DATABASE), read_only=True) as connection:
            lines = connection.execute(_LINES).fetchall()
            landed = connection.execute(_LANDED).fetchall()
            unavailable = connection.execute(_UNAVAILABLE).fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise ReleaseError(f"The release {release} cannot be read, publish again: {reason}") from error
    return Scorecard(
        release=release,
        facts=facts,
        month=lines[0][-1] if lines else None,
        lines=[Line(*line[:-1]) for line in lines],
        landed=[Landed(*row) for row in landed],
        unavailable=dict(unavailable),
    )


def print_scorecard(warehouse: Path, language: Language = "en", stream: TextIO | None = None) -> None:
    """Print the scorecard of the current release to a stream, by default the standard output.

    Raises:
        ReleaseError: nothing is published, or the release cannot be read.
    """
    stream = stream or sys.stdout
    scorecard = read_scorecard(warehouse)
    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    console.width = min(console.width, _WIDEST) if console.is_terminal else _PIPE_WIDTH
    settings = scorecard.facts.get("settings")
    currency = settings.get("reporting_currency", "") if isinstance(settings, dict) else ""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-")
    style = Style(language, is_ascii=encoding not in ("utf-8", "utf8"), currency=str(currency))
    _Printer(console, style).print(scorecard)


class _Printer:
    """Writes a scorecard to a console. Every text goes through `_text`, which makes it harmless."""

    def __init__(self, console: Console, style: Style) -> None:
        self._console = console
        self._style = style
        self._marks = {
            "met": (style.sign("✓", "+"), "green"),
            "warning": ("!", "yellow"),
            "missed": (style.sign("✗", "x"), "red"),
            "few": ("~", "dim"),
        }
        self._arrows = {"up": style.sign("▲", "^"), "down": style.sign("▼", "v"), "flat": "="}

    def print(self, scorecard: Scorecard) -> None:
        """Print head, KPIs by domain, and foot."""
        word = self._style.word
        month = f", {self._style.month(scorecard.month)}" if scorecard.month else ""
        self._line(word("title") + month, "bold")
        about = f"{word('release')} {scorecard.release}, {word('as_of')} {scorecard.facts.get('as_of', '?')}"
        if scorecard.facts.get("is_sample"):
            about += f" ({word('sample')})"
        self._line(about)
        self._line("")
        if scorecard.month is None:
            self._line(word("no_period"))
        else:
            self._console.print(self._table(scorecard.lines))
            self._line("")
            self._line(
                word("legend_verdict", **{name: sign for name, (sign, _) in self._marks.items()}), "dim"
            )
            self._line(word("legend_reference"), "dim")
        self._line("")
        self._print_landed(scorecard.landed)
        self._print_unavailable(scorecard.unavailable)

    def _table(self, lines: Sequence[Line]) -> Table:
        word = self._style.word
        table = Table(
            box=None, pad_edge=False, padding=(0, 1, 0, 0), width=self._console.width, header_style="bold"
        )
        table.add_column("", width=1)
        table.add_column(self._text(word("kpi")), ratio=1, overflow="fold")
        for title in ("value", "reference", "gap"):
            table.add_column(self._text(word(title)), justify="right", overflow="fold")
        table.add_column(self._text(word("trend")), overflow="fold")
        domains = sorted({line.domain for line in lines}, key=_domain_order)
        for domain in domains:
            if table.row_count:
                table.add_row()
            table.add_row("", self._text(self._style.domain(domain), "bold underline"))
            for line in lines:
                if line.domain == domain:
                    table.add_row(*self._cells(line))
        return table

    def _cells(self, line: Line) -> tuple[Text, ...]:
        style = self._style
        reference = ""
        if line.target is not None:
            reference = f"T {style.quantity(line.target, line.unit)}"
        elif line.benchmark is not None:
            reference = f"B {style.quantity(line.benchmark, line.unit)}"
        mark, colour = self._marks.get(line.verdict or "", ("", ""))
        gap = "" if line.gap is None else style.quantity(line.gap, line.unit, signed=True)
        return (
            Text(mark, colour),
            self._text(line.name_fr if style.language == "fr" else line.name_en),
            self._text(f"{style.quantity(line.value, line.unit)} {style.unit(line.unit)}"),
            self._text(reference),
            self._text(gap, colour),
            self._trend(line),
        )

    def _trend(self, line: Line) -> Text:
        if line.trend not in self._arrows:
            return Text("")
        word, colour = line.trend, ""
        if line.trend != "flat" and line.better in ("higher", "lower"):
            is_better = (line.trend == "up") == (line.better == "higher")
            word, colour = ("better", "green") if is_better else ("worse", "red")
        return self._text(f"{self._arrows[line.trend]} {self._style.word(word)}", colour)

    def _print_landed(self, landed: Sequence[Landed]) -> None:
        number = self._style.number
        self._line(
            self._style.word(
                "rows",
                landed=number(sum(table.landed for table in landed)),
                staged=number(sum(table.staged for table in landed)),
                rejected=number(sum(table.rejected for table in landed)),
                superseded=number(sum(table.superseded for table in landed)),
                skipped=number(sum(table.skipped_files for table in landed)),
            )
        )
        rejected = [f"{table.raw_table} {number(table.rejected)}" for table in landed if table.rejected]
        if rejected:
            self._line(self._style.word("rejected", tables=", ".join(rejected)), "yellow")

    def _print_unavailable(self, unavailable: Mapping[str, str]) -> None:
        if not unavailable:
            return
        by_tables: dict[str, list[str]] = defaultdict(list)
        for kpi, tables in unavailable.items():
            by_tables[tables].append(kpi)
        self._line(self._style.word("unavailable", count=self._style.number(len(unavailable))), "yellow")
        for tables, kpis in sorted(by_tables.items()):
            key = "for_want_of" if tables else "other_reason"
            self._line("  " + self._style.word(key, tables=tables, kpis=", ".join(kpis)))

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(self._text(text, style), overflow="fold")

    def _text(self, text: str, style: str = "") -> Text:
        return Text(self._style.clean(text), style)


def _domain_order(domain: str) -> tuple[int, str]:
    order = list(DOMAINS)
    return (order.index(domain) if domain in DOMAINS else len(order), domain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m callmart.scorecard [--lang en|fr]`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m callmart.scorecard", description="The published scorecard."
    )
    parser.add_argument("--lang", choices=["en", "fr"], default="en", help="language (default: en)")
    options = parser.parse_args(arguments)
    try:
        print_scorecard(warehouse_folder(), options.lang)
        sys.stdout.flush()
    except ReleaseError as error:
        print(f"scorecard: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
