"""Which results of employees may be shown: the rule of DECISIONS.md in plain Python, and centres to hold against it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
from compiled_project import Model

MODELS = tuple(f"int_employee_answers__{name}" for name in ("blocks", "team_years", "published"))
GRAINS = ("day", "week", "month", "quarter", "year", "total")
# Levels at which blocks are split, before the years of teams and after them.
BEFORE = (("all", "total"), ("all", "year"), ("all", "quarter"), ("all", "month"), ("team", "month"))
AFTER = (("all", "week"), ("all", "day"), ("team", "week"), ("team", "day"))


@dataclass(frozen=True)
class Answers:
    """The answers of a team on a day; of no team where nobody knows it."""

    team: str | None
    day: date
    answers: int
    favourable: int = 0
    unfavourable: int = 0


# (grain, first day or None, scope type, scope id)
Cell = tuple[str, date | None, str, str]
# All answers, the favourable and the unfavourable ones.
Counts = tuple[int, int, int]
# A survey and a cell of it.
Published = tuple[str, Cell, Counts]


def period_start(grain: str, day: date) -> date | None:
    """The first day of the period; None of all days together."""
    starts = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=day.month - (day.month - 1) % 3, day=1),
        "year": day.replace(month=1, day=1),
    }
    return starts.get(grain)


def cell_of(scope_type: str, grain: str, row: Answers) -> Cell | None:
    """The cell a row is in; answers of no team are in none of teams."""
    scope_id = "all" if scope_type == "all" else row.team
    return None if scope_id is None else (grain, period_start(grain, row.day), scope_type, scope_id)


def members(cell: Cell, rows: Iterable[Answers]) -> list[Answers]:
    """The rows a cell adds up."""
    grain, _, scope_type, _ = cell
    return [row for row in rows if cell_of(scope_type, grain, row) == cell]


def counts(rows: Sequence[Answers]) -> Counts:
    """What a cell of the rows shows."""
    return (
        sum(row.answers for row in rows),
        sum(row.favourable for row in rows),
        sum(row.unfavourable for row in rows),
    )


# The rule


class Blocks:
    """The answers to one survey: all one block at first, split level by level.

    Attributes:
        rows: the answers.
        block: the name of each row's block.
        shown: the cells to be published so far.
    """

    def __init__(self, rows: Sequence[Answers], minimum: int) -> None:
        self.rows = rows
        self.minimum = minimum
        self.block: list[tuple[Cell, ...]] = [()] * len(rows)
        self.shown: set[Cell] = set()

    def split(self, scope_type: str, grain: str, whole: Iterable[int] = ()) -> None:
        """Split the blocks by the cells of a level; blocks that hold one of the rows `whole` are not cut."""
        cells = [cell_of(scope_type, grain, row) for row in self.rows]
        blocks: dict[tuple[Cell, ...], set[Cell | None]] = defaultdict(set)
        size: Counter[tuple[tuple[Cell, ...], Cell | None]] = Counter()
        for block, cell, row in zip(self.block, cells, self.rows, strict=True):
            blocks[block].add(cell)
            size[block, cell] += row.answers
        not_cut = {(self.block[number], cells[number]) for number in whole}
        held_back: set[Cell | None] = {None}
        for block, pieces in blocks.items():
            smaller = 0
            # Of pieces of a size, the one of no team is the first, then they go by name.
            for piece in sorted(pieces, key=lambda cell: (size[block, cell], cell is not None, _name(cell))):
                is_small = size[block, piece] < self.minimum or 0 < smaller < self.minimum
                if is_small or ((block, piece) in not_cut and len(pieces) > 1):
                    held_back.add(piece)
                smaller += size[block, piece]
        for number, cell in enumerate(cells):
            if cell is not None and cell not in held_back:
                self.shown.add(cell)
                self.block[number] += (cell,)

    def is_shown(self, scope_type: str, grain: str, row: Answers) -> bool:
        """Whether the cell of the row at the level is to be published."""
        return cell_of(scope_type, grain, row) in self.shown

    def show_team_years(self) -> list[int]:
        """Show the years of teams that may be shown across blocks; the rows whose blocks are not cut from then on."""
        whole: list[int] = []
        for year in {period_start("year", row.day) for row in self.rows}:
            of_year = [n for n, row in enumerate(self.rows) if period_start("year", row.day) == year]
            rest = [n for n in of_year if not self.is_shown("team", "month", self.rows[n])]
            crossing = self._teams_across_blocks(rest)
            left = {self.rows[n].team for n in rest}
            for team in {self.rows[n].team for n in of_year} - {None}:
                if team in crossing or team not in left:
                    self.shown.add(("year", year, "team", str(team)))
            if crossing:
                whole += rest
        return whole

    def _teams_across_blocks(self, rest: Sequence[int]) -> set[str | None]:
        """The teams of a year that share enough with its largest."""
        if not rest or not self.is_shown("all", "year", self.rows[rest[0]]):
            return set()
        shares: dict[str | None, Counter[Any]] = defaultdict(Counter)
        for number in rest:
            shares[self.rows[number].team][self.block[number]] += self.rows[number].answers
        hub = min(shares, key=lambda team: (-shares[team].total(), team is None, team or ""))
        # `&` of counters keeps the smaller count of each block.
        linked: set[str | None] = {
            team
            for team, own in shares.items()
            if team not in (hub, None) and (own & shares[hub]).total() >= self.minimum
        }
        others = sum((own for team, own in shares.items() if team not in {hub, *linked}), Counter[Any]())
        shared = (shares[hub] & others).total()
        is_hub_shown = hub is not None and (not others or shared >= self.minimum)
        return linked | {hub} if is_hub_shown else linked

    def show_whole(self, grain: str, of: str) -> None:
        """Show a team's period where all shorter ones with answers are shown."""
        for cell in {cell_of("team", grain, row) for row in self.rows} - {None}:
            assert cell is not None
            if all(self.is_shown("team", of, row) for row in members(cell, self.rows)):
                self.shown.add(cell)


def _name(cell: Cell | None) -> str:
    return f"{cell[3]} {cell[1] or ''}" if cell else ""


def shown(rows: Sequence[Answers], minimum: int) -> dict[Cell, Counts]:
    """The cells that may be published of a survey, and what they show."""
    blocks = Blocks(rows, minimum)
    for scope_type, grain in BEFORE:
        blocks.split(scope_type, grain)
    whole = blocks.show_team_years()
    for scope_type, grain in AFTER:
        blocks.split(scope_type, grain, whole)
    blocks.show_whole("quarter", of="month")
    blocks.show_whole("total", of="year")
    return {cell: counts(members(cell, rows)) for cell in blocks.shown}


# Made-up centres


def some_rows(generator: random.Random) -> list[Answers]:
    """A few teams, one perhaps unknown, that answered on days of one to three years."""
    teams: list[str | None] = ["red", "blue", "green", None][: generator.randint(1, 4)]
    generator.shuffle(teams)
    first = generator.choice((date(2023, 11, 20), date(2024, 1, 1), date(2022, 12, 30)))
    days = [
        first + timedelta(days=generator.choice((0, 1, 3, 7, 35, 45, 60, 80, 130, 370))) for _ in range(5)
    ]
    largest = generator.choice((2, 4, 6, 9, 14))
    rows = []
    for team in teams:
        for day in sorted(set(days)):
            answers = generator.randint(0, largest)
            favourable = generator.randint(0, answers)
            if answers:
                unfavourable = generator.randint(0, answers - favourable)
                rows.append(Answers(team, day, answers, favourable, unfavourable))
    return rows


# Days that differ in their year, quarter, month, week and day.
DAYS = (
    (date(2022, 5, 10), date(2023, 5, 10), date(2024, 5, 10)),
    (date(2024, 1, 10), date(2024, 4, 10), date(2024, 7, 10)),
    (date(2024, 1, 10), date(2024, 2, 10), date(2024, 3, 10)),
    (date(2024, 3, 5), date(2024, 3, 12), date(2024, 3, 19)),
    (date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)),
)
# Of two periods of a size the first is held back with a smaller one before them, and one of 5 answers holds none back;
# the same of one team, where another is too small for the periods of all.
EDGES = tuple(
    [
        Answers(team, day, answers)
        for team, sizes in teams.items()
        for day, answers in zip(days, sizes, strict=True)
    ]
    for days in DAYS
    for own in ((2, 6, 6), (5, 6, 20))
    for teams in ({"red": own}, {"red": own, "blue": (4, 4, 4)})
)


class MadeUpCentres:
    """The models of the rule over centres beside each other, each with a survey of its own."""

    def __init__(self, models: Sequence[Model], centres: Sequence[Sequence[Answers]]) -> None:
        self.models = {model.relation.rpartition(".")[2].strip('"'): model for model in models}
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        self.connection.execute("attach ':memory:' as callmart")
        self.connection.execute("use callmart")
        self.connection.execute("create schema intermediate")
        self.connection.execute(
            "create table intermediate.int_employee_answers__by_day (survey_type varchar, team_id varchar,"
            " answer_date date, answers bigint, favourable_answers bigint, unfavourable_answers bigint)"
        )
        # As text: handing over values one by one takes a hundred times as long.
        given = [
            f"('{survey_of(number)}', nullif('{row.team or ''}', ''), date '{row.day}',"
            f" {row.answers}, {row.favourable}, {row.unfavourable})"
            for number, rows in enumerate(centres)
            for row in rows
        ]
        if given:
            self.connection.execute(
                f"insert into intermediate.int_employee_answers__by_day values {', '.join(given)}"
            )
        for model in models:
            self.connection.execute(f"create table {model.relation} as {model.sql}")

    def published(self, damaged: str | None = None, sql: str | None = None) -> list[Published]:
        """What is published of the surveys, with other SQL for one of the models; in order.

        Raises:
            duckdb.Error: what the database says of the SQL.
        """
        self.connection.execute("begin")
        try:
            names = list(self.models)
            for name in names[names.index(damaged) :] if damaged else []:
                model = self.models[name]
                own = sql if name == damaged else model.sql
                self.connection.execute(f"create or replace table {model.relation} as {own}")
            found = self.connection.execute(
                "select survey_type, grain, period_start, scope_type, scope_id,"
                " answers, favourable_answers, unfavourable_answers"
                " from intermediate.int_employee_answers__published"
            ).fetchall()
        finally:
            self.connection.execute("rollback")
        return sorted(
            ((row[0], (row[1], row[2], row[3], row[4]), (row[5], row[6], row[7])) for row in found), key=repr
        )


def survey_of(number: int) -> str:
    """The survey of a centre."""
    return f"survey {number}"


def shown_of(centres: Sequence[Sequence[Answers]], minimum: int) -> list[Published]:
    """What may be published of all the centres' surveys, in order."""
    cells = [
        (survey_of(number), cell, result)
        for number, rows in enumerate(centres)
        for cell, result in shown(rows, minimum).items()
    ]
    return sorted(cells, key=repr)
