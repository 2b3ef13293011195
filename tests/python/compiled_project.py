"""The project's own SQL, compiled once by dbt and run on small data: whole, or as an increment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import random_data

from callmart.connectors import Folders
from callmart.landing import RunFacts, land
from callmart.paths import PROJECT
from callmart.settings import load_settings

RUN_DBT = """
import json, sys
from dbt.cli.main import dbtRunner
for arguments in json.loads(sys.argv[1]):
    result = dbtRunner().invoke(arguments)
    if not result.success:
        sys.exit(f"dbt {arguments[0]} failed: {result.exception}")
"""
# What dbt calls the rows that an incremental model adds.
NEW_ROWS = re.compile(r'"(\w+__dbt_tmp\d+)"')


@dataclass(frozen=True)
class Model:
    """A model: what dbt compiles it to in a full refresh and in an increment.

    `replace` is how an increment brings the rows in, as dbt ran it; `forget` what it runs before. Both are empty for
    a model that is built whole every time.
    """

    relation: str
    kind: str
    sql: str
    increment: str = ""
    replace: str = ""
    forget: str = ""


@dataclass(frozen=True)
class Compiled:
    """The project's models in an order in which they can be built, and its seeds.

    Attributes:
        variables: the settings they were compiled with.
        models: all of them.
        tests: the SQL of the data tests that stop a build, by name.
        seeds: a database with the seeds, loaded by dbt.
        public: the tables that readers see.
    """

    variables: Mapping[str, object]
    models: Sequence[Model]
    tests: Mapping[str, str]
    seeds: Path
    public: Sequence[str] = field(default_factory=list)

    def with_as_of(self, sql: str, as_of: str | None) -> str:
        """The SQL with the data set's `as_of` where the compiled one stands."""
        return sql.replace(str(self.variables["as_of"]), as_of) if as_of else sql


def compile_project(
    folder: Path, settings: Sequence[Mapping[str, object]] = random_data.VARIANTS
) -> list[Compiled]:
    """Compile every variant, whole and as an increment; the folder keeps the seeds and what dbt writes."""
    (folder / "work").mkdir()
    variants = list(enumerate(settings))
    _dbt(folder, ["seed", "--target-path", str(folder / "seeds")])
    _dbt(folder, *(_compile(folder / f"full-{number}", variables) for number, variables in variants))
    seeds = folder / "seeds.duckdb"
    (folder / "work" / "callmart.duckdb").rename(seeds)
    full = [_compiled(folder / f"full-{number}", variables, seeds) for number, variables in variants]

    # dbt writes an increment only where there is something to add to.
    raw = folder / "raw"
    random_data.write_rows_of(raw, "calls", "calls.csv", [{"call_id": "c", "direction": "internal"}])
    with duckdb.connect(folder / "work" / "callmart.duckdb") as connection:
        _build_into(connection, raw, datetime.fromisoformat("2024-01-01T00:00:00+00:00"), full[0], None)
    run = ["run", "--select", "config.materialized:incremental", "--target-path", str(folder / "run")]
    run += ["--vars", json.dumps(settings[0])]
    _dbt(
        folder, run, *(_compile(folder / f"increment-{number}", variables) for number, variables in variants)
    )
    return [
        _with_increments(project, folder / f"increment-{number}", folder / "run")
        for number, project in enumerate(full)
    ]


@dataclass(frozen=True)
class UnitTest:
    """A unit test as dbt ran it, and passed it.

    Attributes:
        name: its name.
        sql: the model over the given rows.
        columns: those whose values it expects; empty where it expects no row at all.
    """

    name: str
    sql: str
    columns: Sequence[str]


def run_unit_tests(project: Compiled, models: Sequence[str]) -> dict[str, list[UnitTest]]:
    """Run the models' unit tests with dbt, in the folder the project was compiled in; they have to pass."""
    folder = project.seeds.parent
    select = [f"{model},test_type:unit" for model in models]
    _dbt(folder, ["test", "--select", *select, "--target-path", str(folder / "unit")])
    known = json.loads((folder / "unit" / "manifest.json").read_text())["unit_tests"]
    found: dict[str, list[UnitTest]] = {model: [] for model in models}
    for result in json.loads((folder / "unit" / "run_results.json").read_text())["results"]:
        test = known[result["unique_id"]]
        expected = test["expect"]["rows"]
        columns = list(expected[0]) if expected else []
        found[test["model"]].append(UnitTest(test["name"], result["compiled_code"], columns))
    return found


def _compile(target: Path, variables: Mapping[str, object]) -> list[str]:
    select = ["--select", "resource_type:model", "resource_type:test"]
    return ["compile", *select, "--target-path", str(target), "--vars", json.dumps(variables)]


def _dbt(folder: Path, *commands: list[str]) -> None:
    common = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet", "--no-partial-parse"]
    logs = ["--log-path", str(folder)]
    done = subprocess.run(
        [sys.executable, "-c", RUN_DBT, json.dumps([[*command, *common, *logs] for command in commands])],
        env={**os.environ, "CALLMART_WAREHOUSE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _nodes(target: Path) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads((target / "manifest.json").read_text())["nodes"]
    return nodes


def _compiled(target: Path, variables: Mapping[str, object], seeds: Path) -> Compiled:
    nodes = _nodes(target)
    public = [node["name"] for node in nodes.values() if node["config"].get("access") == "public"]
    return Compiled(variables, _models_in_order(nodes), _data_tests(nodes), seeds, sorted(public))


def _models_in_order(nodes: Mapping[str, Any]) -> list[Model]:
    """The models dbt compiled, each after those it reads."""
    waiting = {
        name: {parent for parent in node["depends_on"]["nodes"] if parent.startswith("model.")}
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node.get("compiled")
    }
    ordered = []
    while waiting:
        ready = sorted(name for name, parents in waiting.items() if not parents & waiting.keys())
        assert ready, "the models read each other in a circle"
        for name in ready:
            node = nodes[name]
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            ordered.append(Model(node["relation_name"], kind, node["compiled_code"]))
            del waiting[name]
    return ordered


def _data_tests(nodes: Mapping[str, Any]) -> dict[str, str]:
    """The data tests that stop a build; those of seeds say nothing of raw data."""
    return {
        node["name"]: node["compiled_code"]
        for node in nodes.values()
        if node["resource_type"] == "test"
        and node["config"]["severity"].lower() == "error"
        and any(parent.startswith("model.") for parent in node["depends_on"]["nodes"])
    }


def _with_increments(project: Compiled, target: Path, run: Path) -> Compiled:
    by_relation = {
        node["relation_name"]: node
        for node in _nodes(target).values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
    }
    models = []
    for model in project.models:
        node = by_relation.get(model.relation)
        if node is None:
            models.append(model)
            continue
        replace = (run / "run" / "callmart" / node["original_file_path"]).read_text()
        hooks = [hook["sql"] for hook in node["config"]["pre-hook"]]
        assert hooks in ([], ["{{ forget_touched() }}"]), hooks
        forget = (
            f"delete from {model.relation} where exists (select 1 from raw.run where follows_complete_run)"
        )
        models.append(
            Model(model.relation, "table", model.sql, node["compiled_code"], replace, forget if hooks else "")
        )
    return Compiled(project.variables, models, project.tests, project.seeds, project.public)


# Building


def built(raw: Path, run_started_at: datetime, project: Compiled, as_of: str | None) -> Iterator[Any]:
    """A database with every model, over the raw files."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        _build_into(connection, raw, run_started_at, project, as_of)
        yield connection


def _build_into(
    connection: duckdb.DuckDBPyConnection,
    raw: Path,
    run_started_at: datetime,
    project: Compiled,
    as_of: str | None,
) -> None:
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set threads = 1")
    load_seeds(connection, project)
    land(connection, raw, RunFacts(run_started_at, "pepper", False), {}, connectors=folders_of(project))
    build_models(connection, project, as_of)


def folders_of(project: Compiled) -> Folders:
    """The folders of the connectors that are on in the settings it was compiled with."""
    return load_settings(vars_text=json.dumps(project.variables)).connector_folders


def load_seeds(connection: duckdb.DuckDBPyConnection, project: Compiled) -> None:
    """Make the schemas, and put the seeds in theirs."""
    for schema in ("settings", "staging", "intermediate", "marts"):
        connection.execute(f"create schema {schema}")
    connection.execute(f"attach '{project.seeds}' as loaded (read_only)")
    for (name,) in connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = 'loaded' and table_schema = 'settings'"
    ).fetchall():
        connection.execute(f"create table settings.{name} as from loaded.settings.{name}")
    connection.execute("detach loaded")


def build_models(connection: duckdb.DuckDBPyConnection, project: Compiled, as_of: str | None) -> None:
    """A full refresh of every model over what has landed."""
    for model in project.models:
        sql = project.with_as_of(model.sql, as_of)
        connection.execute(f"create or replace {model.kind} {model.relation} as {sql}")


def increment_models(
    connection: duckdb.DuckDBPyConnection, project: Compiled, as_of: str | None, stop_after: int | None = None
) -> None:
    """An increment, as dbt runs it: each model in a transaction of its own. Breaks off after so many models."""
    for model in project.models[:stop_after]:
        if not model.increment:
            sql = project.with_as_of(model.sql, as_of)
            connection.execute(f"create or replace {model.kind} {model.relation} as {sql}")
            continue
        found = NEW_ROWS.search(model.replace)
        assert found, model.relation
        connection.execute("begin")
        if model.forget:
            connection.execute(model.forget)
        new_rows = f"temp.{found[1]}"
        connection.execute(f"create temp table {found[1]} as {project.with_as_of(model.increment, as_of)}")
        connection.execute(model.replace)
        connection.execute(f"drop table {new_rows}")
        connection.execute("commit")


def failing_tests(connection: duckdb.DuckDBPyConnection, project: Compiled, as_of: str | None) -> list[str]:
    """The data tests that would stop the build of what lies in the database, with a row or two they found."""
    found = []
    for name, sql in project.tests.items():
        rows = connection.execute(project.with_as_of(sql, as_of)).fetchmany(2)
        if rows:
            found.append(f"the test {name} would stop the build: {rows}")
    return found
