"""Each generic test of the project fails on a relation it must refuse, and passes on one it must accept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from callmart.paths import PROJECT

GENERIC_TESTS = PROJECT / "tests" / "generic"

# (generic test, its arguments, what the relation is, the relation, whether the test must pass)
Case = tuple[str, Mapping[str, Any], str, str, bool]
CASES: list[Case] = [
    ("is_key", {"columns": ["id"]}, "distinct ids", "select 1 as id union all select 2", True),
    ("is_key", {"columns": ["id"]}, "no row", "select 1 as id where false", True),
    ("is_key", {"columns": ["id"]}, "an id twice", "select 1 as id union all select 1", False),
    ("is_key", {"columns": ["id"]}, "a null id", "select 1 as id union all select null", False),
    (
        "is_key",
        {"columns": ["a", "b"]},
        "pairs that agree on one column each",
        "select 1 as a, 1 as b union all select 1, 2 union all select 2, 1",
        True,
    ),
    (
        "is_key",
        {"columns": ["a", "b"]},
        "a pair twice",
        "select 1 as a, 1 as b union all select 1, 2 union all select 1, 2",
        False,
    ),
    ("is_key", {"columns": ["a", "b"]}, "a null in the second column", "select 1 as a, null as b", False),
    (
        "holds_for_every_row",
        {"condition": "part <= whole"},
        "parts within their whole",
        "select 1 as part, 1 as whole union all select 0, 5",
        True,
    ),
    (
        "holds_for_every_row",
        {"condition": "part <= whole"},
        "no row",
        "select 1 as part, 1 as whole where false",
        True,
    ),
    (
        "holds_for_every_row",
        {"condition": "part <= whole"},
        "one part above its whole",
        "select 1 as part, 1 as whole union all select 6, 5",
        False,
    ),
    (
        "holds_for_every_row",
        {"condition": "part <= whole"},
        "a whole nobody knows",
        "select 1 as part, 1 as whole union all select 1, null",
        False,
    ),
    (
        "holds_for_every_row",
        {"condition": "is_good or is_known"},
        "a condition of two parts, neither true",
        "select false as is_good, false as is_known",
        False,
    ),
]


def named(case: Case) -> str:
    generic_test, arguments, relation, _, passes = case
    of = " ".join(str(argument) for argument in arguments.values())
    return f"{generic_test} of {of} {'accepts' if passes else 'refuses'} {relation}"


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Rows each case's test found at fault, by the name of its relation, from one run of a project of its own."""
    project = tmp_path_factory.mktemp("generic_tests")
    shutil.copytree(GENERIC_TESTS, project / "tests" / "generic")
    shutil.copytree(PROJECT / "macros" / "engine", project / "macros")
    (project / "dbt_project.yml").write_text(
        "name: scratch\nversion: 1.0.0\nprofile: scratch\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (project / "profiles.yml").write_text(
        f"scratch: {{target: here, outputs: {{here: {{type: duckdb, path: '{project}/scratch.duckdb'}}}}}}\n"
    )
    (project / "models").mkdir()
    models = []
    for number, (generic_test, arguments, _, query, _) in enumerate(CASES):
        (project / "models" / f"relation_{number}.sql").write_text(query)
        models.append(
            {"name": f"relation_{number}", "data_tests": [{generic_test: {"arguments": arguments}}]},
        )
    (project / "models" / "models.yml").write_text(json.dumps({"version": 2, "models": models}))
    run = subprocess.run(
        [sys.executable, "-c", "from dbt.cli.main import cli; cli(prog_name='dbt')", "build"],
        cwd=project,
        env={**os.environ, "DBT_PROFILES_DIR": str(project)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    target = project / "target"
    assert (target / "run_results.json").exists(), run.stdout
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    found = {}
    for result in json.loads((target / "run_results.json").read_text())["results"]:
        assert result["status"] in ("success", "pass", "fail"), run.stdout
        if nodes[result["unique_id"]]["resource_type"] == "test":
            tested = nodes[result["unique_id"]]["attached_node"].removeprefix("model.scratch.")
            found[tested] = result["failures"]
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[named(case) for case in CASES])
def test_a_generic_test_tells_good_from_bad(number: int, failures: dict[str, int]) -> None:
    passes = CASES[number][-1]
    assert (failures[f"relation_{number}"] == 0) == passes


def test_every_generic_test_has_a_relation_it_refuses_and_one_it_accepts() -> None:
    written = {path.stem for path in GENERIC_TESTS.glob("*.sql")}
    assert {case[0] for case in CASES if case[-1]} == written
    assert {case[0] for case in CASES if not case[-1]} == written
