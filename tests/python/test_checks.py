"""The project passes its own checks, and every check has something on which it fails."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callmart.checks import CHECKS, Project, main, read_project, run

Damage = Callable[[Project, Any], None]


@pytest.fixture(scope="module")
def project(sample: Path) -> Project:
    return read_project(sample / "warehouse")


def node(manifest: Any, name: str) -> Any:
    return next(found for found in manifest["nodes"].values() if found["name"] == name)


def seed_row(project: Project, seed: str, **columns: str) -> Any:
    """The first row of a seed with these values, to be changed."""
    return next(row for row in project.seeds[seed] if columns.items() <= row.items())


def first_kpi(project: Project) -> Any:
    """The first row of the catalogue, to be changed."""
    return project.catalogue[0]


def add_kpi(project: Project, **columns: str) -> None:
    project.seeds["kpi_catalogue"].append({**project.catalogue[0], **columns})  # type: ignore[attr-defined]


def add_target(project: Project, **columns: str) -> None:
    row = {**project.seeds["kpi_targets"][0], **columns}
    project.seeds["kpi_targets"].append(row)  # type: ignore[attr-defined]


def swap_columns(manifest: Any, model: str) -> None:
    columns = node(manifest, model)["columns"]
    first = next(iter(columns))
    columns[first] = columns.pop(first)


def parents(manifest: Any, model: str) -> list[str]:
    found: list[str] = node(manifest, model)["depends_on"]["nodes"]
    return found


def unit_test(manifest: Any) -> Any:
    return next(test for test in manifest["unit_tests"].values() if test["config"]["meta"].get("kpis"))


def exposure(manifest: Any, name: str) -> Any:
    return next(found for found in manifest["exposures"].values() if found["name"] == name)


def group(manifest: Any, name: str) -> Any:
    return next(found for found in manifest["groups"].values() if found["name"] == name)


def read_staging(user: Any) -> None:
    user["depends_on"]["nodes"].append("model.callmart.stg_calls")


def forget_unit_tests_of(manifest: Any, kpi_id: str) -> None:
    for test in manifest["unit_tests"].values():
        kpis = test["config"]["meta"].get("kpis", [])
        test["config"]["meta"]["kpis"] = [other for other in kpis if other != kpi_id]


# A check, what is done to the project, and what the check then says.
DAMAGES: list[tuple[str, Damage, str]] = [
    (
        "faces",
        lambda _, m: read_staging(exposure(m, "scorecard")),
        "exposure scorecard reads stg_calls, which is not public",
    ),
    (
        "faces",
        lambda _, m: read_staging(node(m, "gaps_that_grow")),
        "analysis gaps_that_grow reads stg_calls, which is not public",
    ),
    ("faces", lambda _, m: exposure(m, "alerts")["depends_on"]["nodes"].clear(), "alerts reads nothing"),
    ("faces", lambda _, m: exposure(m, "alerts")["owner"].update(name=" "), "exposure alerts has no owner"),
    ("faces", lambda _, m: exposure(m, "alerts").update(description=""), "alerts has no description"),
    (
        "faces",
        lambda _, m: exposure(m, "dashboard")["depends_on"]["nodes"].remove("model.callmart.kpi_values"),
        "dashboard reads kpi_values, which the exposure dashboard leaves out",
    ),
    (
        "faces",
        lambda _, m: exposure(m, "alerts")["depends_on"]["nodes"].append("model.callmart.kpi_values"),
        "exposure alerts names kpi_values, which scripts/callmart/alerts.py does not read",
    ),
    ("faces", lambda _, m: group(m, "operations").update(owner=None), "group operations has no owner"),
    ("unit tests", lambda _, m: forget_unit_tests_of(m, "answer_rate"), "unit test for answer_rate"),
    ("unit tests", lambda _, m: unit_test(m)["config"]["meta"]["kpis"].append("nonsense"), "nonsense"),
    ("catalogue", lambda p, _: first_kpi(p).update(name_fr=" "), "name_fr is empty"),
    ("catalogue", lambda p, _: first_kpi(p).update(definition_en=""), "definition_en is empty"),
    ("catalogue", lambda p, _: first_kpi(p).update(unit="parsecs"), "unit is 'parsecs'"),
    ("catalogue", lambda p, _: first_kpi(p).update(better="up"), "better is 'up'"),
    ("catalogue", lambda p, _: first_kpi(p).update(kind="guess"), "kind is 'guess'"),
    ("catalogue", lambda p, _: first_kpi(p).update(scopes="all planet"), "'planet' is no scope"),
    ("catalogue", lambda p, _: first_kpi(p).update(multiplier="0.5"), "multiplier '0.5'"),
    (
        "catalogue",
        lambda p, _: seed_row(p, "kpi_catalogue", kind="ratio").update(denominator=""),
        "needs a denominator",
    ),
    (
        "catalogue",
        lambda p, _: seed_row(p, "kpi_catalogue", kind="count").update(denominator="x"),
        "has no denominator",
    ),
    ("catalogue", lambda p, _: add_kpi(p), "twice"),
    (
        "catalogue",
        lambda p, _: seed_row(p, "kpi_catalogue", kind="derived").update(numerator="x"),
        "or its kind is derived",
    ),
    ("guide and pages", lambda p, _: first_kpi(p).update(kpi_id="luck"), "luck: it has no page in fr"),
    ("guide and pages", lambda p, _: first_kpi(p).update(kpi_id="luck"), "luck: no unit test has an example"),
    ("guide and pages", lambda p, _: first_kpi(p).update(kpi_id="luck"), "is about inbound_calls"),
    (
        "guide and pages",
        lambda p, _: seed_row(p, "kpi_guide").update(pitfalls_fr=" "),
        "the guide has no pitfalls_fr",
    ),
    (
        "guide and pages",
        lambda p, _: seed_row(p, "kpi_guide").update(other_readings="luck"),
        "the other reading luck is no KPI",
    ),
    (
        "contracts",
        lambda _, m: node(m, "visit_measures")["config"]["contract"].update(enforced=False),
        "website_traffic: no enforced contract describes the column website_visits",
    ),
    (
        "contracts",
        lambda _, m: node(m, "outbound_measures")["columns"]["sales_calls"].update(description=""),
        "sales_calls: no enforced contract describes the column sales_calls",
    ),
    ("measures", lambda p, _: first_kpi(p).update(numerator="wishes"), "the measure wishes, which no model"),
    (
        "measures",
        lambda _, m: node(m, "queue_measures")["columns"].update(
            idle={"name": "idle", "config": {"meta": {"measure": True}}}
        ),
        "uses the measure idle",
    ),
    (
        "values",
        lambda p, _: seed_row(p, "kpi_catalogue", kpi_id="answer_rate").update(scopes="all team"),
        "in scope team",
    ),
    (
        "values",
        lambda p, _: seed_row(p, "kpi_catalogue", kpi_id="answer_rate").update(scopes="all"),
        "does not give it",
    ),
    ("values", lambda p, _: add_kpi(p, kpi_id="luck"), "luck has no value"),
    ("public tables", lambda _, m: node(m, "fct_calls")["columns"].pop("queue_id"), "differ in queue_id"),
    (
        "public tables",
        lambda _, m: node(m, "fct_calls")["columns"]["wait_seconds"].update(data_type="integer"),
        "differ in wait_seconds",
    ),
    ("public tables", lambda _, m: swap_columns(m, "dim_dates"), "the order of its columns"),
    (
        "public tables",
        lambda _, m: node(m, "kpi_values")["config"]["contract"].update(enforced=False),
        "kpi_values: its contract is not enforced",
    ),
    ("public tables", lambda _, m: node(m, "kpi_values")["config"].update(group=None), "it has no group"),
    (
        "public tables",
        lambda _, m: node(m, "kpi_values")["config"].update(access="protected"),
        "no model is it",
    ),
    (
        "public tables",
        lambda _, m: node(m, "kpi_measures")["config"].update(access="public"),
        "is not published",
    ),
    (
        "public columns",
        lambda _, m: node(m, "dim_dates")["columns"]["is_weekend"].update(
            description="Unit: none. Null: never."
        ),
        "lacks Additive:",
    ),
    (
        "public columns",
        lambda _, m: node(m, "dim_dates")["columns"]["is_weekend"].update(
            description="Unit: Null: Additive:"
        ),
        "comment is not its description",
    ),
    (
        "public columns",
        lambda _, m: node(m, "dim_dates").update(description="Days."),
        "dim_dates: the published",
    ),
    (
        "one way",
        lambda _, m: parents(m, "fct_calls").append("model.callmart.stg_calls"),
        "reads stg_calls of staging",
    ),
    (
        "one way",
        lambda _, m: parents(m, "int_run").append("source.callmart.raw.calls"),
        "reads the raw table calls",
    ),
    (
        "one way",
        lambda _, m: parents(m, "stg_calls").append("model.callmart.fct_calls"),
        "which is no staging",
    ),
    (
        "descriptions",
        lambda _, m: node(m, "stg_calls").update(description=" "),
        "model stg_calls has no description",
    ),
    ("descriptions", lambda _, m: node(m, "dispositions").update(description=""), "seed dispositions"),
    (
        "descriptions",
        lambda _, m: node(m, "dim_dates")["columns"]["is_weekend"].update(description=""),
        "column dim_dates.is_weekend",
    ),
    (
        "descriptions",
        lambda _, m: m["sources"]["source.callmart.raw.calls"].update(description=""),
        "source table raw.calls",
    ),
    (
        "descriptions",
        lambda _, m: m["sources"]["source.callmart.raw.calls"]["columns"]["call_id"].update(description=""),
        "source column raw.calls.call_id",
    ),
    ("names", lambda _, m: node(m, "stg_calls").update(name="calls_clean"), "calls_clean: models/staging/"),
    ("names", lambda _, m: node(m, "int_run").update(name="run"), "run: models/intermediate/"),
    ("names", lambda _, m: node(m, "fct_calls").update(name="calls"), "calls: models/marts/core/"),
    (
        "names",
        lambda _, m: node(m, "queue_daily").update(name="fct_queue_daily"),
        "fct_queue_daily: models/marts/",
    ),
    (
        "names",
        lambda _, m: node(m, "queue_daily").update(path="elsewhere/queue_daily.sql"),
        "no folder for models",
    ),
    (
        "names",
        lambda _, m: node(m, "queue_daily")["columns"].update(queueName={"config": {}}),
        "in snake case",
    ),
    (
        "dispositions",
        lambda p, _: seed_row(p, "dispositions", code="SALE").update(is_positive="false"),
        "is_conversion is true",
    ),
    (
        "dispositions",
        lambda p, _: seed_row(p, "dispositions", code="BUSY").update(is_callback="true"),
        "is_human_answered is not",
    ),
    (
        "dispositions",
        lambda p, _: seed_row(p, "dispositions", code="BUSY").update(is_final="perhaps"),
        "neither true nor false",
    ),
    (
        "dispositions",
        lambda p, _: seed_row(p, "dispositions", code="BUSY").update(code="SALE"),
        "SALE stands there twice",
    ),
    ("targets", lambda p, _: add_target(p, valid_from="2024-01-01"), "hold on 2024-01-01"),
    ("targets", lambda p, _: add_target(p, kpi_id="luck"), "which the catalogue has not"),
    (
        "targets",
        lambda p, _: add_target(p, scope_id="q1", valid_from="2024-02-01", valid_to="2024-01-01"),
        "before it begins",
    ),
]


@pytest.mark.parametrize("name", CHECKS)
def test_the_project_passes_its_own_check(name: str, project: Project) -> None:
    assert CHECKS[name](project).problems == []


@pytest.mark.parametrize(("name", "damage", "told"), DAMAGES, ids=[told for *_, told in DAMAGES])
def test_a_check_tells_of_what_is_wrong(name: str, damage: Damage, told: str, project: Project) -> None:
    damaged = dataclasses.replace(
        project, manifest=copy.deepcopy(project.manifest), seeds=copy.deepcopy(project.seeds)
    )
    damage(damaged, damaged.manifest)
    assert [problem for problem in CHECKS[name](damaged).problems if told in problem]


def test_every_check_has_something_on_which_it_fails() -> None:
    assert {name for name, *_ in DAMAGES} | {"files"} == set(CHECKS)


def test_targets_that_follow_each_other_do_not_overlap(project: Project) -> None:
    seeds = copy.deepcopy(project.seeds)
    changed = dataclasses.replace(project, seeds=seeds)
    seed_row(changed, "kpi_targets", kpi_id="service_level").update(valid_to="2024-07-01")
    add_target(changed, kpi_id="service_level", valid_from="2024-07-01", valid_to="")
    assert CHECKS["targets"](changed).problems == []


def test_a_published_table_without_comments_is_told(project: Project, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "bare.duckdb")) as connection:
        connection.execute(f"attach '{project.database}' as published (read_only)")
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_dates as from published.marts.dim_dates")
    bare = dataclasses.replace(project, database=tmp_path / "bare.duckdb")
    problems = CHECKS["public columns"](bare).problems
    assert "dim_dates.is_weekend: the published column's comment is not its description." in problems


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("see {slash}home/someone/notes.md", "a path of one machine"),
        ("raw: '{slash}tmp/raw'", "a path of one machine"),
        ("cd {slash}Users/someone", "a path of one machine"),
        ("--index{dash}url https://example.org", "the host of a package registry"),
        ("https://py{empty}pi.org/simple", "the host of a package registry"),
    ],
)
def test_a_file_that_names_a_machine_or_a_registry_is_told(
    line: str, told: str, project: Project, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "good.md").write_text(
        "$HOME/tmp/x, data/tmp/y, https://example.org/home/z, ~/tmp/a, */tmp/b\n"
    )
    other = dataclasses.replace(project, root=tmp_path)
    assert CHECKS["files"](other).problems == []
    (tmp_path / "bad.md").write_text("fine\n" + line.format(slash="/", dash="-", empty="") + "\n")
    assert CHECKS["files"](other).problems == [f"bad.md, line 2: {told}."]


def test_one_line_per_check_is_printed_and_the_problems_below(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = dataclasses.replace(project, seeds={**project.seeds, "kpi_targets": []})
    assert run(damaged, {"targets": CHECKS["targets"]})
    add_twice = [dict(project.seeds["kpi_targets"][0])] * 2
    damaged = dataclasses.replace(project, seeds={**project.seeds, "kpi_targets": add_twice})
    assert not run(damaged, {"targets": CHECKS["targets"]})
    good, bad, problem = capsys.readouterr().out.splitlines()
    assert good.startswith("ok      targets         0 targets")
    assert bad.startswith("FAILED  targets         2 targets")
    assert problem.startswith("        - Two targets of service_level of all hold on")


def test_a_warehouse_without_a_build_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--warehouse", str(tmp_path)]) == 1
    assert "run scripts/build into" in capsys.readouterr().err
