"""No sum or difference of published results of employees shows fewer of them than `min_group_size`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date

import pytest
import small_groups
from compiled_models import compile_models
from compiled_project import Model
from published_groups import (
    EDGES,
    MODELS,
    Answers,
    Cell,
    Counts,
    MadeUpCentres,
    members,
    shown,
    shown_of,
    some_rows,
)

from callmart.reliability.figures import record

MINIMUM = 5


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    """The models, as dbt compiles them, each after those it reads."""
    compiled = compile_models(tmp_path_factory.mktemp("suppression"), MODELS, {"min_group_size": MINIMUM})
    return [Model(relation, "table", sql) for relation, sql in compiled]


def published(models: Sequence[Model], rows: Sequence[Answers]) -> dict[Cell, Counts]:
    """What the models publish of the answers to one survey, which is what the rule says."""
    assert MadeUpCentres(models, [rows]).published() == shown_of([rows], MINIMUM)
    return shown(rows, MINIMUM)


def isolated_groups(cells: Iterable[Cell], rows: Sequence[Answers], minimum: int) -> list[list[Answers]]:
    """Groups of 1 to `minimum` - 1 answers that follow from the cells."""
    groups = [members(cell, rows) for cell in cells]
    inside = [[row in group for group in groups] for row in rows]
    found = small_groups.isolated(inside, [row.answers for row in rows], minimum)
    return [[rows[part] for part in group] for group in found]


def test_what_is_published_is_what_the_rule_in_plain_words_says(models: list[Model]) -> None:
    generator = random.Random(20240605)
    centres = [*EDGES, *(some_rows(generator) for _ in range(300))]
    expected = shown_of(centres, MINIMUM)
    assert MadeUpCentres(models, centres).published() == expected
    assert {(scope_type, grain) for _, (grain, _, scope_type, _), _ in expected} == {
        (scope_type, grain)
        for scope_type in ("all", "team")
        for grain in ("day", "week", "month", "quarter", "year", "total")
    }


@pytest.mark.slow
def test_what_is_published_gives_no_small_group_away(models: list[Model]) -> None:
    generator = random.Random(20240604)
    cells_seen = team_cells_seen = 0
    trials = 120
    for _ in range(trials):
        rows = some_rows(generator)
        cells = published(models, rows)
        assert all(answers >= MINIMUM for answers, _, _ in cells.values())
        assert isolated_groups(cells, rows, MINIMUM) == [], rows
        assert (("total", None, "all", "all") in cells) == (sum(row.answers for row in rows) >= MINIMUM)
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
    rows = [
        Answers("red", date(2024, 3, 4), 9),
        Answers("blue", date(2024, 3, 4), 3),
        Answers("green", date(2024, 3, 4), 8),
    ]
    everything: Cell = ("month", date(2024, 3, 1), "all", "all")
    red: Cell = ("month", date(2024, 3, 1), "team", "red")
    green: Cell = ("month", date(2024, 3, 1), "team", "green")
    assert isolated_groups([everything, red, green], rows, MINIMUM) == [[rows[1]]]
    assert isolated_groups([everything, red], rows, MINIMUM) == []
    assert isolated_groups([red, green], rows, MINIMUM) == []


def test_a_small_team_takes_the_next_smallest_with_it(models: list[Model]) -> None:
    """9, 6 and 3 answers: the 3 are held back, and with them the 6, or all less the others would be 3."""
    day = date(2024, 3, 4)
    rows = [
        Answers("red", day, 9, 4, 2),
        Answers("blue", day, 6, 3, 3),
        Answers("green", day, 3, 1, 1),
    ]
    cells = published(models, rows)
    assert {cell[3] for cell in cells if cell[2] == "team"} == {"red"}
    assert cells["month", date(2024, 3, 1), "all", "all"] == (18, 8, 6)


def test_a_team_too_small_for_its_months_has_its_year(models: list[Model]) -> None:
    """Teams of 3, 3 and 2 answers a month: no month of a team, yet every month of all and each team's year."""
    rows = [
        Answers(team, date(2024, month, 10), answers, 1, 1)
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


def test_weeks_that_a_teams_year_crosses_are_not_shown(models: list[Model]) -> None:
    """Red's year is 8. With the two weeks of its answers, 5 each, the 2 others of these weeks would be left."""
    weeks = [Answers("red", date(2024, month, 3), 4, 2, 1) for month in (1, 2)]
    weeks += [Answers("blue", date(2024, month, 17), 4, 1, 2) for month in (1, 2)]
    rows = [*weeks, *(Answers(None, row.day, 1) for row in weeks)]
    cells = published(models, rows)
    assert cells["year", date(2024, 1, 1), "team", "red"] == (8, 4, 2)
    assert not any(cell[0] in ("week", "day") for cell in cells)
    assert isolated_groups(cells, rows, MINIMUM) == []
    shown = {*cells, *(("week", date(2024, month, day), "all", "all") for month, day in ((1, 1), (1, 29)))}
    assert isolated_groups(shown, rows, MINIMUM) != []


def test_too_few_answers_in_all_give_nothing(models: list[Model]) -> None:
    assert published(models, [Answers("red", date(2024, 3, 4), 4, 4, 0)]) == {}
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
