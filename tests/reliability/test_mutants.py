"""Every KPI's SQL is damaged in many small ways; unit tests, data tests and the oracle have to notice each."""

from __future__ import annotations

import hashlib
import json
import random
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import duckdb
import few_kpis
import mutated_project
import mutations
import published_groups
import pytest
import random_data
import rich_data
from comparing import SEEDS, SUPPRESSED, Agreement, compare_values, kinds_of_kpis
from compiled_project import Compiled, Model, UnitTest, build_models, built, failing_tests, run_unit_tests
from mutated_project import (
    INVALID,
    Database,
    InvalidError,
    Suite,
    UnitTests,
    catalogue_mutants,
    measures_of,
    models_under_kpis,
    name_of,
)
from mutations import Mutant, Tree

import oracle
from callmart.paths import PROJECT
from callmart.reliability.figures import record

EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
# What a run found out, so that one broken off goes on where it was.
FOUND = PROJECT / "target" / "mutants.jsonl"

# Random data sets beside each other in the data of each variant of the settings.
PARTS = 50
# What else they are of, and how many share people and places, where most are to meet.
CLOSE_THEMES, CLOSE = ("shifts", "calls", "tickets", "surveys"), 12
# No KPI's SQL, though KPIs wait for them: what increments have to build anew, and how many rows landed.
NOT_JUDGED = (
    *("touched_calls", "touched_agents", "context", "int_landings__counted", "landing_summary"),
    *("int_landings__by_day", "int_landings__by_week"),
)
# Made-up surveys of employees, each of a few teams and days.
SURVEYS = 150
# As the variant of the settings has it that unit tests run with.
MIN_GROUP_SIZE = 5
# Of the short form: models, and mutants of each.
MODELS, OF_EACH = 10, 3
# Of these survive what the short form has: the data of one variant of the settings. The full form has more.
UNNOTICED_IN_SHORT = {
    "kpi_catalogue": [
        "service_level_removed_from_queue: numerator removed_within_target_calls"
        " -> answered_or_abandoned_within_target_calls"
    ],
}


@dataclass
class Score:
    """What became of the mutants, by model."""

    noticed: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)
    equivalent: Counter[str] = field(default_factory=Counter)
    survivors: dict[str, list[str]] = field(default_factory=dict)
    not_equivalent: list[str] = field(default_factory=list)

    @property
    def mutants(self) -> int:
        """Those there were to notice."""
        survived = sum(len(keys) for keys in self.survivors.values())
        return self.noticed.total() + self.equivalent.total() + survived

    def figures(self) -> dict[str, int | float]:
        """As the page shows them."""
        return {
            "models": len(self.noticed | Counter(self.survivors.keys())),
            "mutants": self.mutants,
            "noticed": self.noticed.total(),
            "equivalent": self.equivalent.total(),
            "survivors": self.mutants - self.noticed.total() - self.equivalent.total(),
        }

    def __str__(self) -> str:
        lines = [
            f"{model}: {self.noticed[model]} of"
            f" {self.noticed[model] + len(self.survivors.get(model, []))} noticed, {self.equivalent[model]} equivalent,"
            f" {self.invalid[model]} no SQL"
            for model in sorted(
                self.noticed | self.equivalent | self.invalid | Counter(self.survivors.keys())
            )
        ]
        lines += [f"survived: {model}: {key}" for model, keys in self.survivors.items() for key in keys]
        lines += [f"listed as equivalent, and noticed: {key}" for key in self.not_equivalent]
        lines.append("; ".join(f"{number:,} {name}" for name, number in self.figures().items()))
        return "\n".join(lines)


@pytest.fixture(scope="module")
def make_suite(
    compiled: list[Compiled], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[list[str], Mapping[str, random_data.DataSet]], Suite]]:
    """The suite of some models, over some data sets."""
    building: list[Iterator[duckdb.DuckDBPyConnection]] = []

    def make(models: list[str], data_sets: Mapping[str, random_data.DataSet]) -> Suite:
        databases = []
        for name, data in data_sets.items():
            variant = data.variant
            raw = tmp_path_factory.mktemp("rich")
            data.write(raw)
            building.append(built(raw, data.run_started_at, compiled[variant], data.as_of))
            connection = next(building[-1])
            agrees_with_oracle(connection, raw, data, compiled[variant])
            databases.append(
                Database(
                    name,
                    connection,
                    compiled[variant],
                    data.as_of,
                    volumes=kpis_of_kind("volume"),
                    shown_by_choice=frozenset(SUPPRESSED),
                    medians=kpis_of_kind("percentile"),
                )
            )
        return Suite(run_unit_tests(compiled[0], models), databases)

    yield make
    for one in building:
        next(one, None)


def data_of(variant: int) -> dict[str, random_data.DataSet]:
    """The data of a variant of the settings."""
    return {f"data of variant {variant}": rich_data.rich_data_set(variant, PARTS)}


def kpis_of_kind(kind: str) -> frozenset[str]:
    """The KPIs of a kind."""
    return frozenset(kpi_id for kpi_id, own in kinds_of_kpis().items() if own == kind)


def agrees_with_oracle(
    connection: duckdb.DuckDBPyConnection, raw: Path, data: random_data.DataSet, project: Compiled
) -> None:
    """Only where sound models give the oracle's values, other values are noticed by it."""
    variables = {**project.variables, **({"as_of": data.as_of} if data.as_of else {})}
    agreement = Agreement(differences=failing_tests(connection, project, data.as_of))
    compare_values(connection, oracle.compute(raw, SEEDS, variables, data.run_started_at), agreement)
    assert not agreement.differences, agreement.differences[:20]
    assert agreement.values > 0


@cache
def equivalents() -> dict[str, dict[str, str]]:
    """The reasons why damages change nothing, by model and damage."""
    listed: dict[str, dict[str, str]] = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return listed


def judged_models(project: Compiled) -> list[str]:
    """The models that are damaged."""
    return [model for model in models_under_kpis(project) if model not in NOT_JUDGED]


@dataclass
class Verdicts:
    """What unit tests and data said of a mutant, kept in a file while what they said it of is the same.

    What a model's unit tests say changes with these and the model alone; what data say, with all that decides it.
    """

    path: Path
    known: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                of, name, found = json.loads(line)
                self.known[of, name] = found

    def of(self, print_of_judge: str, mutant: Mutant, ask: Callable[[Mutant], str | None]) -> str | None:
        """What notices the mutant: None for nothing, `no SQL` for one that is none. Asked once."""
        key = print_of_judge, f"{mutant.model}: {mutant.key}"
        if key not in self.known:
            try:
                self.known[key] = ask(mutant)
            except InvalidError:
                self.known[key] = "no SQL"
            with self.path.open("a", encoding="utf-8") as log:
                log.write(json.dumps([*key, self.known[key]]) + "\n")
        return self.known[key]


def print_of(texts: Iterable[str], *modules: ModuleType) -> str:
    """Changes with any of the texts, with the code, and with the version of the database."""
    code = (Path(module.__file__ or "").read_text(encoding="utf-8") for module in modules)
    return hashlib.sha256("\n".join([duckdb.__version__, *texts, *code]).encode()).hexdigest()


def print_of_units(suite: Suite, model: str) -> str:
    """Of a model and its unit tests."""
    texts = [f"{test.sql} {test.columns}" for test in suite.given.get(model, [])]
    return print_of([suite.databases[0].sql_of(model), *texts], mutations, mutated_project)


def print_of_data(database: Database, model: str) -> str:
    """Of what is built of a model, and of the rows this reads."""
    return print_of(database.decisive_for(model), mutations, mutated_project, few_kpis)


class Surveys:
    """Made-up surveys of employees, of which the models publish what the rule in plain Python says."""

    def __init__(self, project: Compiled) -> None:
        models = [one for one in project.models if name_of(one.relation) in published_groups.MODELS]
        dice = random.Random(9)
        centres = [*published_groups.EDGES, *(published_groups.some_rows(dice) for _ in range(SURVEYS))]
        self.print = print_of([model.sql for model in models], mutations, published_groups)
        self.centres = published_groups.MadeUpCentres(models, centres)
        self.expected = published_groups.shown_of(centres, MIN_GROUP_SIZE)
        assert self.centres.published() == self.expected

    def notice(self, mutant: Mutant, tree: Tree) -> str | None:
        """Says it when other results are published.

        Raises:
            InvalidError: the mutant is no SQL.
        """
        try:
            is_another = self.centres.published(mutant.model, tree.damaged(mutant)) != self.expected
        except INVALID as error:
            raise InvalidError(str(error)) from error
        except duckdb.Error as error:
            return f"surveys: {type(error).__name__}"
        return "surveys: other results are published" if is_another else None


def judge(
    suite: Suite, model: str, mutants: Iterable[Mutant], verdicts: Verdicts, surveys: Surveys
) -> Iterator[tuple[Mutant, str | None]]:
    """What noticed each mutant of a model: unit tests, or else surveys, or else one of the data sets."""
    judges = [(print_of_units(suite, model), suite.notice_by_units)]
    if model in published_groups.MODELS:
        judges.append((surveys.print, partial(surveys.notice, tree=suite.tree(model))))
    judges += [
        (print_of_data(database, model), partial(suite.notice_by_data, database=database))
        for database in suite.databases
    ]
    for mutant in mutants:
        found = None
        for print_of_judge, ask in judges:
            found = found or verdicts.of(print_of_judge, mutant, ask)
        yield mutant, found


def judge_catalogue(suite: Suite, share: float = 1) -> Iterator[tuple[str, str | None]]:
    """What noticed each wrong row of the catalogue, or of every so many of them."""
    mutants = catalogue_mutants(suite.tree("kpi_values"), measures_of(suite.databases[0]))
    for mutant in mutants[:: round(1 / share)]:
        noticing = (database.notice_row(mutant.kpi_id, mutant.sql) for database in suite.databases)
        yield f"{mutant.kpi_id}: {mutant.key}", next((found for found in noticing if found), None)


def add(score: Score, model: str, key: str, found: str | None) -> None:
    """Count what became of a mutant."""
    is_listed = key in equivalents().get(model, {})
    if found == "no SQL":
        score.invalid[model] += 1
    elif is_listed and found is None:
        score.equivalent[model] += 1
    elif is_listed:
        score.not_equivalent.append(f"{model}: {key} ({found})")
    elif found is None:
        score.survivors.setdefault(model, []).append(key)
    else:
        score.noticed[model] += 1


# The harness itself


def test_a_condition_is_damaged_in_each_of_the_ways_it_can_be_wrong() -> None:
    tree = Tree(
        "with calls as (select wait from legs where wait <= 20 and not is_test) "
        "select coalesce(sum(wait), 0) as waited from calls"
    )
    assert [mutant.key for mutant in tree.mutants("m")] == [
        "calls: connective: wait <= 20 AND NOT is_test -> (wait <= 20 OR NOT is_test)",
        "calls: condition dropped: wait <= 20 AND NOT is_test -> wait <= 20",
        "calls: condition dropped: wait <= 20 AND NOT is_test -> NOT is_test",
        "calls: comparison: wait <= 20 -> wait < 20",
        "calls: constant: 20 -> 21",
        "calls: negation dropped: NOT is_test -> (is_test)",
        "last select: default dropped: COALESCE(SUM(wait), 0) -> SUM(wait)",
        "last select: aggregate: SUM(wait) -> COUNT(wait)",
        "last select: constant: 0 -> 1",
    ]


def test_the_same_damage_is_done_to_the_model_in_its_unit_test() -> None:
    model = Tree(
        'with calls as (select * from "callmart"."marts"."legs" where wait <= 20) select * from calls'
    )
    given = (
        "with __dbt__cte__legs as (select 20 as wait), "
        "calls as (select * from __dbt__cte__legs where wait <= 30) select * from calls"
    )
    mutant = next(one for one in model.mutants("m") if "comparison" in one.key)
    assert "wait < 20" in str(model.damaged(mutant))
    assert "wait < 30" in str(Tree(given).damaged(mutant))


def test_a_unit_test_notices_the_boundary_it_states_and_no_other() -> None:
    model = Tree("with calls as (select id from legs where wait <= 20 and talk <= 9) select id from calls")
    given = (
        "with __dbt__cte__legs as (select 1 as id, 20 as wait, 5 as talk), "
        "calls as (select id from __dbt__cte__legs where wait <= 20 and talk <= 9) select id from calls"
    )
    with duckdb.connect() as connection:
        tests = UnitTests(connection, [UnitTest("at_20", given, ["id"])])
        found = {
            mutant.key.partition(": comparison: ")[2]: tests.notice(mutant, model)
            for mutant in model.mutants("m")
            if ": comparison: " in mutant.key
        }
    assert found == {"wait <= 20 -> wait < 20": "unit test at_20", "talk <= 9 -> talk < 9": None}


def test_what_has_no_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutated_project, "TOO_LONG", 0.5)
    with (
        duckdb.connect() as connection,
        pytest.raises(duckdb.InterruptException),
        mutated_project.limited(connection),
    ):
        connection.execute(
            "select count(*) from range(1000000) as a, range(1000000) as b where hash(a, b) = 1"
        )


def test_what_is_built_of_a_damaged_model_through_a_view_is_built_anew(tmp_path: Path) -> None:
    models = [
        Model('"callmart"."marts"."legs"', "table", "select 20 as wait"),
        Model(
            '"callmart"."marts"."short_legs"',
            "view",
            'select * from "callmart"."marts"."legs" where wait <= 20',
        ),
        Model(
            '"callmart"."marts"."kpi_values"',
            "table",
            "select 'short' as kpi_id, 'total' as grain, null as period_start, 'all' as scope_type, 'all' as scope_id,"
            ' count(*) as numerator, null as denominator, count(*) as value from "callmart"."marts"."short_legs"',
        ),
    ]
    project = Compiled({}, models, {}, tmp_path)
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        connection.execute("create schema marts")
        build_models(connection, project, None)
        nothing: frozenset[str] = frozenset()
        database = Database("the data", connection, project, None, nothing, nothing, nothing)
        assert database.notice("legs", "select 20 as wait") is None
        assert database.notice("legs", "select 19 as wait") is None
        assert database.notice("legs", "select 21 as wait") == "the data: oracle, short"
        assert database.notice("short_legs", "select 20 as wait where false") == "the data: oracle, short"
        assert database.notice("legs", "select 20 as wait") is None


# The mutants


def test_mutants_of_every_kind_of_model_are_noticed(
    compiled: list[Compiled],
    make_suite: Callable[[list[str], Mapping[str, random_data.DataSet]], Suite],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dice = random.Random(9)
    models = sorted(dice.sample(judged_models(compiled[0]), MODELS))
    suite = make_suite(models, data_of(0))
    score, verdicts = Score(), Verdicts(tmp_path / FOUND.name)
    surveys = Surveys(compiled[0])
    assert suite.notice_nothing_in_few() is None
    for model in models:
        assert suite.notice_nothing_of(model) is None
        mutants = suite.tree(model).mutants(model)
        some = dice.sample(mutants, min(OF_EACH, len(mutants)))
        for mutant, found in judge(suite, model, some, verdicts, surveys):
            add(score, mutant.model, mutant.key, found)
    for key, found in judge_catalogue(suite, share=1 / 10):
        add(score, "kpi_catalogue", key, found)
    with capsys.disabled():
        print(f"\nmutants: {score}")
    assert not score.not_equivalent
    assert {model: sorted(keys) for model, keys in score.survivors.items()} == UNNOTICED_IN_SHORT


@pytest.mark.slow
def test_every_mutant_is_noticed(
    compiled: list[Compiled],
    make_suite: Callable[[list[str], Mapping[str, random_data.DataSet]], Suite],
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = judged_models(compiled[0])
    close = {"close data": rich_data.rich_data_set(0, PARTS, CLOSE_THEMES, CLOSE)}
    suite = make_suite(models, {**data_of(0), **data_of(1), **data_of(2), **close})
    FOUND.parent.mkdir(exist_ok=True)
    score, verdicts, alive = Score(), Verdicts(FOUND), set()
    surveys = Surveys(compiled[0])
    assert suite.notice_nothing_in_few() is None
    for model in models:
        assert suite.notice_nothing_of(model) is None
        for mutant, found in judge(suite, model, suite.tree(model).mutants(model), verdicts, surveys):
            add(score, mutant.model, mutant.key, found)
            alive.add((model, mutant.key))
    rows = Score()
    for key, found in judge_catalogue(suite):
        add(rows, "kpi_catalogue", key, found)
        alive.add(("kpi_catalogue", key))
    gone = [
        (model, key) for model, keys in equivalents().items() for key in keys if (model, key) not in alive
    ]
    with capsys.disabled():
        print(f"\nmutants: {score}\n{rows}")
    assert not gone, "listed as equivalent, and no damage any more"
    assert not score.not_equivalent + rows.not_equivalent
    record("mutants", "Damaged models", score.figures())
    record("mutants", "Wrong rows of the catalogue", rows.figures())
    assert not {**score.survivors, **rows.survivors}
