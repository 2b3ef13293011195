"""No sum or difference of published results of employees shows fewer of them than `min_group_size`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pytest
import small_groups
from compiled_models import compile_models

from callmart.reliability.figures import record

MINIMUM = 5
MODELS = [f"int_employee_answers__{name}" for name in ("blocks", "team_years", "published")]

# (team or None, day, answers, favourable answers, unfavourable answers)
Row = tuple[str | None, date, int, int, int]
# (grain, first day or None, scope type, scope id)
Cell = tuple[str, date | None, str, str]


@dataclass(frozen=True)
class Published:
    answers: int
    favourable: int
    unfavourable: int


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """The names of the models and their SQL, as dbt compiles them, each after those it reads."""
    return compile_models(tmp_path_factory.mktemp("suppression"), MODELS, {"min_group_size": MINIMUM})


def published(models: Sequence[tuple[str, str]], rows: Iterable[Row]) -> dict[Cell, Published]:
    """What the models publish of the answers."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_employee_answers__by_day (survey_type varchar, team_id varchar,"
            " answer_date date, answers bigint, favourable_answers bigint, unfavourable_answers bigint)"
        )
        for row in rows:
            connection.execute(
                "insert into intermediate.int_employee_answers__by_day values ('pulse', ?, ?, ?, ?, ?)", row
            )
        for relation, sql in models:
            connection.execute(f"create table {relation} as {sql}")
        found = connection.execute(
            "select grain, period_start, scope_type, scope_id, answers, favourable_answers, unfavourable_answers"
            " from intermediate.int_employee_answers__published"
        ).fetchall()
    cells = {(row[0], row[1], row[2], row[3]): Published(*map(int, row[4:])) for row in found}
    assert len(cells) == len(found)
    return cells


def period_start(grain: str, day: date) -> date | None:
    starts = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=day.month - (day.month - 1) % 3, day=1),
        "year": day.replace(month=1, day=1),
    }
    return starts.get(grain)


def members(cell: Cell, rows: Sequence[Row]) -> list[Row]:
    grain, start, scope_type, scope_id = cell
    return [
        row
        for row in rows
        if period_start(grain, row[1]) == start and (scope_type == "all" or row[0] == scope_id)
    ]


def isolated_groups(cells: Iterable[Cell], rows: Sequence[Row], minimum: int) -> list[list[Row]]:
    """Groups of 1 to `minimum` - 1 answers that follow from the cells."""
    groups = [members(cell, rows) for cell in cells]
    inside = [[row in group for group in groups] for row in rows]
    found = small_groups.isolated(inside, [row[2] for row in rows], minimum)
    return [[rows[part] for part in group] for group in found]


def some_rows(generator: random.Random) -> list[Row]:
    """A few teams, one perhaps unknown, that answered on days of one or two years."""
    teams: list[str | None] = ["red", "blue", "green", None][: generator.randint(1, 4)]
    days = [
        date(2023, 11, 20) + timedelta(days=generator.choice((0, 3, 7, 35, 45, 60, 80))) for _ in range(4)
    ]
    largest = generator.choice((2, 4, 6, 9))
    rows: list[Row] = []
    for team in teams:
        for day in sorted(set(days)):
            answers = generator.randint(0, largest)
            favourable = generator.randint(0, answers)
            if answers:
                rows.append((team, day, answers, favourable, generator.randint(0, answers - favourable)))
    return rows


@pytest.mark.slow
def test_what_is_published_gives_no_small_group_away(models: list[tuple[str, str]]) -> None:
    generator = random.Random(20240604)
    cells_seen = team_cells_seen = 0
    trials = 120
    for _ in range(trials):
        rows = some_rows(generator)
        cells = published(models, rows)
        for cell, result in cells.items():
            inside = members(cell, rows)
            sums = tuple(sum(column) for column in zip(*(row[2:] for row in inside), strict=True))
            assert (result.answers, result.favourable, result.unfavourable) == sums
            assert result.answers >= MINIMUM
        assert isolated_groups(cells, rows, MINIMUM) == [], rows
        assert (("total", None, "all", "all") in cells) == (sum(row[2] for row in rows) >= MINIMUM)
        cells_seen += len(cells)
        team_cells_seen += sum(cell[2] == "team" for cell in cells)
    assert cells_seen > 1000
    assert team_cells_seen > 300
    record(
        "no_leaks",
        "Differencing of employees' results",
        {"made-up centres": trials, "published results": cells_seen, "groups under the minimum found": 0},
    )


def test_the_search_finds_a_small_group_left_by_subtraction() -> None:
    rows: list[Row] = [
        ("red", date(2024, 3, 4), 9, 0, 0),
        ("blue", date(2024, 3, 4), 3, 0, 0),
        ("green", date(2024, 3, 4), 8, 0, 0),
    ]
    everything: Cell = ("month", date(2024, 3, 1), "all", "all")
    red: Cell = ("month", date(2024, 3, 1), "team", "red")
    green: Cell = ("month", date(2024, 3, 1), "team", "green")
    assert isolated_groups([everything, red, green], rows, MINIMUM) == [[rows[1]]]
    assert isolated_groups([everything, red], rows, MINIMUM) == []
    assert isolated_groups([red, green], rows, MINIMUM) == []


def test_a_small_team_takes_the_next_smallest_with_it(models: list[tuple[str, str]]) -> None:
    """9, 6 and 3 answers: the 3 are held back, and with them the 6, or all less the others would be 3."""
    day = date(2024, 3, 4)
    rows: list[Row] = [("red", day, 9, 4, 2), ("blue", day, 6, 3, 3), ("green", day, 3, 1, 1)]
    cells = published(models, rows)
    assert {cell[3] for cell in cells if cell[2] == "team"} == {"red"}
    assert cells["month", date(2024, 3, 1), "all", "all"] == Published(18, 8, 6)


def test_a_team_too_small_for_its_months_has_its_year(models: list[tuple[str, str]]) -> None:
    """Teams of 3, 3 and 2 answers a month: no month of a team, yet every month of all and each team's year."""
    rows: list[Row] = [
        (team, date(2024, month, 10), answers, 1, 1)
        for team, answers in (("red", 3), ("blue", 3), ("green", 2))
        for month in range(1, 7)
    ]
    cells = published(models, rows)
    assert {cell[1] for cell in cells if cell[0] == "month"} == {
        date(2024, month, 1) for month in range(1, 7)
    }
    assert {(cell[0], cell[3]) for cell in cells if cell[2] == "team"} == {
        (grain, team) for grain in ("year", "total") for team in ("red", "blue", "green")
    }
    assert isolated_groups(cells, rows, MINIMUM) == []


def test_weeks_that_a_teams_year_crosses_are_not_shown(models: list[tuple[str, str]]) -> None:
    """Red's year is 8. With the two weeks of its answers, 5 each, the 2 others of these weeks would be left."""
    weeks = [("red", date(2024, month, 3), 4, 2, 1) for month in (1, 2)]
    weeks += [("blue", date(2024, month, 17), 4, 1, 2) for month in (1, 2)]
    rows: list[Row] = [*weeks, *((None, day, 1, 0, 0) for _, day, *_ in weeks)]
    cells = published(models, rows)
    assert cells["year", date(2024, 1, 1), "team", "red"] == Published(8, 4, 2)
    assert not any(cell[0] in ("week", "day") for cell in cells)
    assert isolated_groups(cells, rows, MINIMUM) == []
    shown = {*cells, *(("week", date(2024, month, day), "all", "all") for month, day in ((1, 1), (1, 29)))}
    assert isolated_groups(shown, rows, MINIMUM) != []


def test_too_few_answers_in_all_give_nothing(models: list[tuple[str, str]]) -> None:
    assert published(models, [("red", date(2024, 3, 4), 4, 4, 0)]) == {}
    assert published(models, []) == {}


@pytest.mark.parametrize(
    ("inside", "answers", "is_isolated"),
    [
        ([(1, 1), (1, 0)], [9, 3], True),  # the whole less its part leaves 3
        ([(1, 1), (1, 0)], [9, 5], False),
        ([(1, 0, 1, 0), (1, 0, 0, 1), (0, 1, 1, 0), (0, 1, 0, 1)], [3, 3, 3, 3], False),  # margins of a table
        ([(1, 0, 1, 0), (1, 0, 0, 1), (0, 1, 1, 0)], [2, 9, 9], True),  # of which a corner is empty
        ([(1, 1, 0), (1, 0, 1), (0, 1, 1)], [2, 9, 9], True),  # half of a sum of two less a third
    ],
)
def test_a_small_group_that_follows_from_published_ones_is_found(
    inside: list[tuple[bool, ...]], answers: list[int], is_isolated: bool
) -> None:
    assert bool(small_groups.isolated(inside, answers, 5)) is is_isolated
