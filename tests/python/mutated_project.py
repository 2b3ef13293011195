"""The suite, made fast enough to be run against thousands of damaged models.

What the suite sees of a model lies in databases built once: each unit test's tables, and the whole project over data
sets that agree with the oracle. A damaged model is built in place of the sound one, then what reads it, as far as
anything changes; what the suite would say of that is asked for, and all of it is rolled back.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from typing import Any

import duckdb
from compiled_project import Compiled, Model, UnitTest
from few_kpis import Few, FewKpis
from mutations import Mutant, Tree
from sqlglot import exp

RELATION = re.compile(r'"callmart"\."\w+"\."(\w+)"')
# A value differs from the oracle's where it differs by more than this part of it.
TOLERANCE = 1e-9
# Seconds of computing for one damage; a sound model and all that reads it take three.
TOO_LONG = 15
# The damage gave no SQL: there is nothing a test could notice.
INVALID = (
    duckdb.BinderException,
    duckdb.ParserException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
)


class InvalidError(Exception):
    """The damaged SQL is none."""


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Break off what computes for too long: a damaged join may have no end, which nobody overlooks.

    Raises:
        duckdb.InterruptException: it was broken off.
    """
    begin, is_over = time.process_time(), threading.Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            if time.process_time() - begin > TOO_LONG:
                connection.interrupt()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_over.set()
        watching.join()


def name_of(relation: str) -> str:
    """The name of a table without the names of its schema and database."""
    return relation.rpartition(".")[2].strip('"')


# Unit tests


class UnitTests:
    """The unit tests of one model, their given rows laid into tables once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tests: Sequence[UnitTest]) -> None:
        self.connection = connection
        self.tests = list(tests)
        self.schemas: list[str] = []
        self.trees: list[Tree] = []
        self.sound: list[list[Any]] = []
        for number, test in enumerate(self.tests):
            tree = Tree(test.sql)
            schema = f"{name_of(test.name)}_{number}"
            connection.execute(f'create schema "{schema}"')
            connection.execute(f'use memory."{schema}"')
            for table, query in tree.take_fixtures():
                connection.execute(f'create table "{table}" as {query}')
            self.schemas.append(schema)
            self.trees.append(tree)
            self.sound.append(self._rows(number, tree.sql()))
        # What noticed the mutant before is asked first: it often notices the next one.
        self.order = list(range(len(self.tests)))

    def _rows(self, number: int, sql: str) -> list[Any]:
        self.connection.execute(f'use memory."{self.schemas[number]}"')
        columns = ", ".join(f'"{column}"' for column in self.tests[number].columns) or "*"
        rows = self.connection.execute(f"select {columns} from ({sql}) as model").fetchall()
        return sorted(rows, key=repr)

    def notice(self, mutant: Mutant, like: Tree) -> str | None:
        """The first test that does not find what it expects; None where all do.

        Raises:
            InvalidError: the database cannot read the SQL at all.
        """
        for number in list(self.order):
            test = f"unit test {self.tests[number].name}"
            tree = self.trees[number]
            if not tree.is_like(like, mutant.part):
                continue
            try:
                with limited(self.connection):
                    if self._rows(number, tree.damaged(mutant)) == self.sound[number]:
                        continue
            except INVALID as error:
                raise InvalidError(str(error)) from error
            except duckdb.Error:
                pass
            self.order.remove(number)
            self.order.insert(0, number)
            return test
        return None


@dataclass(frozen=True)
class CatalogueMutant:
    """A wrong row of the catalogue, as the branch of `kpi_values` that dbt would write for it."""

    kpi_id: str
    key: str
    sql: str


# The whole project over a data set


@dataclass
class Database:
    """The project, built over one data set with which the oracle agrees.

    Attributes:
        name: what the data set is called.
        connection: holds every model.
        project: what they are built from.
        as_of: the data set's, or None.
        volumes: KPIs of which no row is the same as 0.
        shown_by_choice: KPIs whose rows are chosen for what they hide: only the values of rows shown are compared.
        medians: KPIs of whose numerator the oracle says nothing.
    """

    name: str
    connection: duckdb.DuckDBPyConnection
    project: Compiled
    as_of: str | None
    volumes: frozenset[str]
    shown_by_choice: frozenset[str]
    medians: frozenset[str]
    prints: dict[str, Any] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection.execute("create schema sound")
        self.connection.execute("create table sound.kpi_values as from marts.kpi_values")
        # A view shows another thing as soon as what it reads is damaged.
        for model in self.models.values():
            if model.kind == "view":
                self.sound_print(model.relation)

    @cached_property
    def models(self) -> dict[str, Model]:
        return {name_of(model.relation): model for model in self.project.models}

    @cached_property
    def readers(self) -> dict[str, list[str]]:
        """The models that read a model, each after those it reads."""
        found: dict[str, list[str]] = {name: [] for name in self.models}
        for name, model in self.models.items():
            for parent in set(RELATION.findall(model.sql)) & set(found):
                found[parent].append(name)
        return found

    @cached_property
    def tests(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Data tests: their SQL, and what they read."""
        return {
            name: (self.project.with_as_of(sql, self.as_of), frozenset(RELATION.findall(sql)))
            for name, sql in self.project.tests.items()
        }

    def sql_of(self, name: str) -> str:
        return self.project.with_as_of(self.models[name].sql, self.as_of)

    def print_of(self, relation: str) -> Any:
        """What two tables have in common that hold the same rows."""
        return self.connection.execute(f"select count(*), sum(hash(one)) from {relation} as one").fetchone()

    def sound_print(self, relation: str) -> Any:
        if relation not in self.prints:
            self.prints[relation] = self.print_of(relation)
        return self.prints[relation]

    def decisive_for(self, name: str) -> list[str]:
        """All that decides what a damage to a model shows.

        That is the SQL of what is built of it, the tests of that, and the rows read besides: of other models, of seeds.
        """
        built_of = [name]
        for one in built_of:
            built_of += [reader for reader in self.readers[one] if reader not in built_of]
        texts = [self.sql_of(one) for one in sorted(built_of)]
        texts += [sql for sql, read in self.tests.values() if read & set(built_of)]
        besides = {match[0]: match[1] for text in texts for match in RELATION.finditer(text)}
        rows = [
            f"{relation} {self.sound_print(relation)}"
            for relation, read in sorted(besides.items())
            if read not in built_of
        ]
        kinds = (self.volumes, self.shown_by_choice, self.medians)
        return [self.name, *texts, *rows, *(" ".join(sorted(kpis)) for kpis in kinds)]

    def tree(self, name: str) -> Tree:
        """A model's query."""
        if name not in self.trees:
            self.trees[name] = Tree(self.sql_of(name))
        return self.trees[name]

    @cached_property
    def few_kpis(self) -> FewKpis:
        return FewKpis(self.tree("kpi_measures"), self.tree("kpi_values"))

    @cached_property
    def order(self) -> list[str]:
        """All models, each after those it reads; those that KPIs are made of before all others."""
        under_kpis = models_under_kpis(self.project)
        return [*under_kpis, *(name for name in self.models if name not in under_kpis)]

    def notice(self, name: str, sql: str) -> str | None:
        """What notices that the model is another; None where nothing does.

        Raises:
            InvalidError: the database cannot read the SQL at all.
        """
        self.sound_print(self.models[name].relation)
        return self._rolled_back(lambda: self._notice(name, sql))

    def notice_in_few(self, mutant: Mutant) -> str | None:
        """What notices a damage in the KPIs that it concerns alone; None may mean that others show it.

        Raises:
            InvalidError: the database cannot read the SQL at all.
        """
        if mutant.model == "kpi_values" and (branch := self.few_kpis.branch_with(mutant)):
            return self._rolled_back(lambda: self.notice_row(*branch))
        if mutant.model != "kpi_measures":
            return None
        few = self.few_kpis.at(mutant)
        if not few.kpis:
            return None
        with self.tree(mutant.model).with_damage(mutant):
            sql = self.few_kpis.measures(few)
        return self._rolled_back(lambda: self._wrong_in_few(few, sql))

    def notice_nothing_in_few(self) -> str | None:
        """What is noticed when KPIs are computed without the others, though nothing is damaged."""
        measures = [name for name in self.models if name.endswith("_measures")]
        wrong = (self._rolled_back(partial(self._wrong_in_few_of, [name])) for name in measures)
        branches = (self.notice_row(kpi_id, branch) for kpi_id, branch in self.few_kpis.branches.items())
        return next(filter(None, chain(wrong, branches)), None)

    def _rolled_back(self, ask: Callable[[], str | None]) -> str | None:
        self.connection.execute("begin")
        try:
            with limited(self.connection):
                return ask()
        except INVALID as error:
            raise InvalidError(str(error)) from error
        except duckdb.Error as error:
            return f"{self.name}: {type(error).__name__}"
        finally:
            self.connection.execute("rollback")

    def _notice(self, name: str, sql: str) -> str | None:
        waiting = {name: sql}
        changed: set[str] = set()
        for current in self.order:
            if current not in waiting:
                continue
            if current == "kpi_measures" and (found := self._wrong_in_few_of(changed)):
                return found
            model = self.models[current]
            before = self.sound_print(model.relation)
            self.connection.execute(f"create or replace {model.kind} {model.relation} as {waiting[current]}")
            if self.print_of(model.relation) == before:
                continue
            changed.add(current)
            found = self._failing(changed, {current})
            if not found and current == "kpi_values":
                found = self.wrong_value()
            if found:
                return found
            for reader in self.readers[current]:
                waiting[reader] = self.sql_of(reader)
        return self._failing(changed, None)

    def _wrong_in_few_of(self, changed: Iterable[str]) -> str | None:
        """A wrong KPI of one of the models: first of those whose KPIs need the fewest others."""
        for few in sorted((self.few_kpis.of([name]) for name in changed), key=lambda few: len(few.models)):
            if few.kpis and (found := self._wrong_in_few(few, self.few_kpis.sound_measures(few))):
                return found
        return None

    def _wrong_in_few(self, few: Few, measures: str) -> str | None:
        self.connection.execute(f"create or replace table sound.few_measures as {measures}")
        values = self.few_kpis.values(few, "sound.few_measures")
        return self.wrong_value(
            f"(select * from ({values}) where grain <> 'total')", few.kpis, but_total=True
        )

    def _failing(self, changed: set[str], alone: set[str] | None) -> str | None:
        """A data test that fails, of those of one table alone, or of those of several of which some are changed."""
        for test, (sql, read) in self.tests.items():
            is_due = read == alone if alone else len(read) > 1 and read & changed
            if is_due and self.connection.execute(f"select 1 from ({sql}) as failing limit 1").fetchone():
                return f"{self.name}: data test {test}"
        return None

    def notice_row(self, kpi_id: str, branch: str) -> str | None:
        """What notices a KPI's branch of `kpi_values`; nothing does where the KPI has no values."""
        has_values = self.connection.execute(
            "select 1 from sound.kpi_values where kpi_id = $kpi_id limit 1", {"kpi_id": kpi_id}
        ).fetchone()
        return self.wrong_value(f"({branch})", [kpi_id]) if has_values else None

    def wrong_value(
        self, values: str = "marts.kpi_values", kpis: Iterable[str] | None = None, but_total: bool = False
    ) -> str | None:
        """A KPI whose value is not the oracle's, with which the sound ones agree.

        Args:
            values: what to compare with the sound values, a table or a query in brackets.
            kpis: compare these KPIs alone.
            but_total: leave the grain total out.
        """
        key = "kpi_id, grain, period_start, scope_type, scope_id"
        shown = f"{key}, coalesce(numerator, 0) as numerator, coalesce(denominator, 0) as denominator, value"
        row = self.connection.execute(
            f"""
            select kpi_id
            from (select {shown}, true as is_there from {values}) as damaged
            full join (
                select {shown}, true as is_there
                from sound.kpi_values
                where
                    ($kpis is null or kpi_id in (select unnest($kpis)))
                    and (grain <> 'total' or not $but_total)
            ) as sound
                using ({key})
            where case
                when kpi_id in (select unnest($volumes))
                    then coalesce(sound.value, 0) <> coalesce(damaged.value, 0)
                when sound.is_there is null or damaged.is_there is null
                    then kpi_id not in (select unnest($chosen))
                when sound.value is null or damaged.value is null
                    then sound.value is distinct from damaged.value
                when abs(sound.value - damaged.value) > {TOLERANCE} * greatest(1, abs(sound.value), abs(damaged.value))
                    then true
                when kpi_id in (select unnest($chosen))
                    then false
                else
                    sound.denominator <> damaged.denominator
                    or sound.numerator <> damaged.numerator and kpi_id not in (select unnest($medians))
            end
            limit 1
            """,
            {
                "kpis": sorted(kpis) if kpis is not None else None,
                "but_total": but_total,
                "volumes": sorted(self.volumes),
                "chosen": sorted(self.shown_by_choice),
                "medians": sorted(self.medians),
            },
        ).fetchone()
        return f"{self.name}: oracle, {row[0]}" if row else None


# The suite


class Suite:
    """Unit tests, data tests, and the oracle over data sets: what has to notice that a model is damaged.

    It is less than `scripts/test`, so what it notices is noticed there.

    Args:
        unit_tests: by model.
        databases: each over another variant of the settings.
    """

    def __init__(self, unit_tests: Mapping[str, Sequence[UnitTest]], databases: Sequence[Database]) -> None:
        self.databases = databases
        self.given = unit_tests
        self._memory = duckdb.connect()
        self._memory.execute("set TimeZone = 'UTC'")
        self._units: dict[str, UnitTests] = {}

    def tree(self, model: str) -> Tree:
        """A model's query, as it is built in the first database."""
        return self.databases[0].tree(model)

    def unit_tests(self, model: str) -> UnitTests:
        """The unit tests of a model."""
        if model not in self._units:
            self._units[model] = UnitTests(self._memory, self.given.get(model, []))
        return self._units[model]

    def notice_nothing_in_few(self) -> str | None:
        """What notices sound KPIs that are computed without the others."""
        return next(filter(None, (database.notice_nothing_in_few() for database in self.databases)), None)

    def notice_nothing_of(self, model: str) -> str | None:
        """What notices the sound model; it is built as damaged ones are, only without damage."""
        for database in self.databases:
            found = database.notice(model, database.tree(model).sql())
            if found:
                return found
        return None

    def notice_by_units(self, mutant: Mutant) -> str | None:
        """The unit test that notices the mutant.

        Raises:
            InvalidError: the mutant is no SQL.
        """
        return self.unit_tests(mutant.model).notice(mutant, self.tree(mutant.model))

    def notice_by_data(self, mutant: Mutant, database: Database) -> str | None:
        """The data test or KPI that notices the mutant over a data set.

        Raises:
            InvalidError: the mutant is no SQL.
        """
        tree = database.tree(mutant.model)
        if not tree.is_like(
            self.tree(mutant.model), mutant.part
        ):  # Other settings write the part in another way.
            return None
        return database.notice_in_few(mutant) or database.notice(mutant.model, tree.damaged(mutant))


# The catalogue


def catalogue_mutants(tree: Tree, measures: Sequence[str]) -> list[CatalogueMutant]:
    """Every row of the catalogue with its sides swapped, another measure on a side, another multiplier.

    Args:
        tree: `kpi_values`.
        measures: those in `kpi_measures`; like ones stand beside each other.
    """
    found = []
    for branch in tree.branches("calculated"):
        kpi = branch.selects[0].this
        if not isinstance(kpi, exp.Literal):
            continue
        sides = {
            side: next(projection.find_all(exp.Column), None)
            for projection in branch.selects
            if (side := projection.alias) in ("numerator", "denominator")
        }
        names = {side: column.name for side, column in sides.items() if column is not None}
        wrong: dict[str, Mapping[str, str]] = {}
        if len(names) == 2 and names["numerator"] != names["denominator"]:
            numerator, denominator = names["numerator"], names["denominator"]
            wrong["sides swapped"] = {numerator: denominator, denominator: numerator}
        for side, name in names.items():
            where = measures.index(name)
            for other in (where - 1, where + 1):
                if 0 <= other < len(measures) and measures[other] not in names.values():
                    wrong[f"{side} {name} -> {measures[other]}"] = {name: measures[other]}
        for what, renamed in wrong.items():
            damaged = branch.copy()
            for column in damaged.find_all(exp.Column):
                if column.name in renamed:
                    column.set("this", exp.to_identifier(renamed[column.name]))
            found.append(CatalogueMutant(kpi.name, what, damaged.sql(dialect="duckdb")))
        damaged = branch.copy()
        factor = next(one for one in damaged.selects[-1].find_all(exp.Literal) if one.name != "0")
        other_factor = "1" if factor.name != "1" else "100"
        what = f"multiplier {factor.name} -> {other_factor}"
        factor.replace(exp.Literal.number(other_factor))
        found.append(CatalogueMutant(kpi.name, what, damaged.sql(dialect="duckdb")))
    return found


def measures_of(database: Database) -> list[str]:
    """The measures in `kpi_measures`, in their order."""
    key = ("grain", "period_start", "scope_type", "scope_id")
    described = database.connection.execute("from marts.kpi_measures limit 0").description
    return [name for name, *_ in described or [] if name not in key]


def models_under_kpis(project: Compiled) -> list[str]:
    """The models of the KPIs, each after those it reads: from what staging holds to `kpi_values`."""
    models = {name_of(model.relation): model for model in project.models}
    found, waiting = set(), ["kpi_values"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += set(RELATION.findall(models[name].sql)) & set(models)
    return [
        name
        for name, model in models.items()
        if name in found and ('"intermediate"' in model.relation or '"marts"' in model.relation)
    ]
