"""Whatever lands, over any number of runs, every row that was written is staged, rejected or superseded, and once."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from compiled_project import Compiled, build_models, increment_models, load_seeds
from hostile_files import SOUND, File
from hostile_landings import STRAYS, Expected, Fate, Place, Visit, histories
from hostile_rows import KINDS
from hypothesis import HealthCheck, Phase, given, settings

from callmart.landing import LandingReport, RunFacts, land, note_future_rows
from callmart.reliability.figures import record

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
UNPARSEABLE = "unparseable line"
# The models from the raw tables to the counts of what landed: what lies behind them has tests of its own.
CONCERNED = (
    '."staging".',
    "int_run",
    "int_landings__by_day",
    "int_landings__counted",
    "int_rejections__by_reason",
    "landing_summary",
    "rejection_summary",
)


@dataclass
class Tried:
    """What was tried, and what became of it."""

    runs: int = 0
    broken_off: int = 0
    files: int = 0
    rows: int = 0
    unparseable_lines: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)


def concerned(project: Compiled) -> Compiled:
    models = [model for model in project.models if any(name in model.relation for name in CONCERNED)]
    return replace(project, models=models)


class Centre:
    """A raw folder, a build's database in memory, and what has to be in it."""

    def __init__(self, raw: Path, connection: duckdb.DuckDBPyConnection, project: Compiled) -> None:
        self.raw = raw
        self.connection = connection
        self.project = project
        self.expected = Expected()
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        load_seeds(connection, project)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def run(self, visit: Visit) -> LandingReport:
        """Land what the visit finds and build what it touches, to the end or not."""
        visit.apply(self.raw)
        self.expected.visit(visit)
        facts = RunFacts(visit.at, "pepper", False, is_full_refresh=visit.is_full_refresh)
        report = land(self.connection, self.raw, facts, {})
        if visit.is_full_refresh:
            build_models(self.connection, self.project, None)
        elif visit.breaks_off_after is None:
            increment_models(self.connection, self.project, None)
        else:
            stop_after = int(visit.breaks_off_after * len(self.project.models))
            increment_models(self.connection, self.project, None, stop_after)
            return report
        note_future_rows(self.connection, "staging.rejected_records")
        self.connection.execute("update raw.run set completed_at = run_started_at")
        return report

    def check_files(self, report: LandingReport) -> None:
        """Every file in the folder is accounted for: loaded with so many rows, skipped for its reason, or named."""
        known = {**self.expected.there, **self.expected.gone}
        assert sorted(file.file for file in report.files) == sorted(known)
        assert set(report.gone) == set(self.expected.gone)
        for landing in report.files:
            file = known[landing.file]
            if file.skipped is None:
                assert landing.status == "loaded", (landing, file.spoiled)
                least = len(file.records) + bool(lines_of(file.rest))
                assert least <= landing.landed_rows <= len(file.records) + len(lines_of(file.rest)), landing
            else:
                assert (landing.status, landing.landed_rows) == ("skipped", 0), (landing, file.spoiled)
                assert landing.reason is not None
                assert file.skipped in landing.reason
                assert landing.reason[0].isupper()
                assert landing.reason.endswith(".")
        named = {"stray_files": set[str](), "unknown_folders": set[str]()}
        for stray in self.expected.strays:
            place = STRAYS[stray]
            if place is not None:
                named[place].add(stray.partition("/")[0])
        assert {place: set(getattr(report, place)) for place in named} == named

    def check_rows(self) -> dict[Place, Fate]:
        """Every row that was written met its fate, once; no other row is there. Return the fates."""
        expected = self.expected.fates()
        found: Counter[tuple[Place, Fate]] = Counter()
        staged: Counter[tuple[str, str | None, str | None]] = Counter()
        for table, kind in KINDS.items():
            for file, row, fate, rejected_for, nulled_for in self.ask(
                "select _landed_file, landed._row, case when _rejected_for is not null then 'rejected'"
                " when superseded._row is not null then 'superseded' else 'staged' end, _rejected_for, _nulled_for"
                f" from staging.landed_{table} as landed left join staging.superseded_records as superseded"
                f" using (_landed_file, _row) where coalesce(superseded.raw_table, '{table}') = '{table}'"
            ):
                found[Place(table, file, row), Fate(fate, reasons(rejected_for), reasons(nulled_for))] += 1
            text = kind.text or "null"
            staged.update(
                (table, mark, text)
                for mark, text in self.ask(f"select {kind.mark}, {text} from staging.stg_{table}")
            )
        assert_same(found, Counter(expected.items()), "rows and their fates")
        written: Counter[tuple[str, str | None, str | None]] = Counter()
        for place, entry in self.expected.entries().items():
            if expected[place].fate == "staged":
                kind = KINDS[place.table]
                said = shown(entry.values[kind.text]) if kind.text else None
                written[place.table, entry.values[kind.mark], said] += 1
        assert_same(staged, written, "staged rows by their marks, with their texts")
        return expected

    def check_rejected(self, fates: dict[Place, Fate]) -> int:
        """Every rejected row is kept with its reasons, every line too. Return how many lines cannot be parsed."""
        marks = {
            place: entry.values[KINDS[place.table].mark]
            for place, entry in self.expected.entries().items()
            if fates[place].rejected_for or fates[place].nulled_for
        }
        lines: dict[str, dict[int, str]] = {}
        for table, file, row, is_rejected, why, text in self.ask("from staging.rejected_records"):
            place = Place(table, file, row)
            if why == UNPARSEABLE:
                assert is_rejected
                assert row not in lines.setdefault(file, {})
                lines[file][row] = text
                continue
            fate = fates[place]
            assert (is_rejected, reasons(why)) == (
                fate.fate == "rejected",
                fate.rejected_for | fate.nulled_for,
            )
            assert json.loads(text)[KINDS[table].mark] == marks.pop(place)
        assert marks == {}
        counted = sum(map(len, lines.values()))
        for file in (*self.expected.there.values(), *self.expected.gone.values()):
            check_lines(file, lines.pop(file.path, {}))
        assert lines == {}
        return counted

    def check_sums(self, fates: dict[Place, Fate]) -> None:
        """The public counts are those of what was written, and add up."""
        landed = {
            table: (landed, staged, rejected, superseded)
            for table, landed, staged, rejected, superseded in self.ask(
                "select raw_table, landed_rows, staged_rows, rejected_rows, superseded_rows"
                " from marts.landing_summary"
            )
        }
        unparseable = dict(
            self.ask(
                "select raw_table, count(*) from staging.rejected_records"
                f" where reasons = '{UNPARSEABLE}' group by raw_table"
            )
        )
        counted = Counter((place.table, fate.fate) for place, fate in fates.items())
        why = Counter(
            (place.table, reason)
            for place, fate in fates.items()
            for reason in fate.rejected_for | fate.nulled_for
        )
        why += Counter({(table, UNPARSEABLE): number for table, number in unparseable.items()})
        for table, (all_rows, staged, rejected, superseded) in landed.items():
            assert all_rows == staged + rejected + superseded, table
            assert staged == counted[table, "staged"], table
            assert superseded == counted[table, "superseded"], table
            assert rejected == counted[table, "rejected"] + unparseable.get(table, 0), table
        found = Counter(
            {(table, reason): rows for table, reason, rows in self.ask("from marts.rejection_summary")}
        )
        assert_same(found, why, "reasons of rejections")


def check_lines(file: File, lines: dict[int, str]) -> None:
    """The lines of a file that cannot be parsed are those that were written so; of the rest no sign is missing."""
    broken = {row for row, each in enumerate(file.records, start=1) if each is None}
    rest = {row: text for row, text in lines.items() if row > len(file.records)}
    assert lines.keys() - rest.keys() == broken, file
    assert sorted(rest) == list(range(len(file.records) + 1, len(file.records) + len(rest) + 1))
    kept = [line for row in sorted(rest) for line in lines_of(rest[row])]
    assert kept == lines_of(file.rest), file


def lines_of(text: str) -> list[str]:
    return [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line]


def reasons(joined: str | None) -> frozenset[str]:
    return frozenset(joined.split("; ")) if joined else frozenset()


def shown(text: str) -> str | None:
    """As staging keeps a text: without the blanks around it, null when nothing is left."""
    return text.strip(" ") or None


def assert_same(found: Counter[Any], expected: Counter[Any], what: str) -> None:
    too_many, missing = found - expected, expected - found
    assert not too_many and not missing, (  # noqa: PT018
        f"{what}:\n  only found {list(too_many.items())[:4]}\n  only expected {list(missing.items())[:4]}"
    )


def follow(visits: Sequence[Visit], project: Compiled, tried: Tried) -> None:
    """Run a history, and account for every file and every row after each run that ends."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        centre = Centre(Path(folder), connection, project)
        for visit in visits:
            report = centre.run(visit)
            centre.check_files(report)
            tried.runs += 1
            tried.files += len(visit.writes)
            tried.rows += sum(len(file.records) for file, _ in visit.writes)
            tried.ways.update(file.spoiled for file, _ in visit.writes)
            if visit.breaks_off_after is not None:
                tried.broken_off += 1
                continue
            fates = centre.check_rows()
            tried.unparseable_lines += centre.check_rejected(fates)
            centre.check_sums(fates)
            tried.fates.update(fate.fate for fate in fates.values())


@pytest.mark.parametrize("examples", [10, pytest.param(400, marks=pytest.mark.slow)])
def test_every_row_of_random_landings_is_accounted_for(
    examples: int, compiled: list[Compiled], capsys: pytest.CaptureFixture[str]
) -> None:
    tried = Tried()
    project = concerned(compiled[0])

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=RELAXED,
    )
    @given(histories())
    def is_accounted_for(visits: list[Visit]) -> None:
        follow(visits, project, tried)

    is_accounted_for()
    figures = {
        "landings": tried.runs,
        "of them broken off half-way": tried.broken_off,
        "files written": tried.files,
        "of them spoiled": tried.files - tried.ways[SOUND],
        "ways to spoil one": len(tried.ways) - 1,
        "rows written": tried.rows,
        "fates checked": tried.fates.total(),
        "lines that are no record": tried.unparseable_lines,
        "rows lost": 0,
        "rows counted twice": 0,
    }
    record("nothing_lost", "Random landings", figures)
    with capsys.disabled():
        print(f"\nrandom landings: {figures}")
