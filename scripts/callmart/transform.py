"""Run dbt in this process, and read from its manifest what is public."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventMsg

from callmart.paths import PROJECT
from callmart.progress import Progress
from callmart.publish import PublicTable
from callmart.runs import without_values
from callmart.settings import Settings

Manifest = Mapping[str, Any]

# What a Spark server puts before its sentence, and the trace behind it.
_SERVER_NOISE = re.compile(
    r"\S*HiveSQLException: |Error running query: |\s+at \S+\(\S+\.(scala|java):.*", re.DOTALL
)


class TransformError(RuntimeError):
    """A model or an error-level test failed; the sentence names the first.

    Attributes:
        summary: the sentence without what the engine said, which may quote data.
        tests: how many data tests came to what, as in `Transformed`.
    """

    def __init__(
        self, sentence: str, summary: str = "dbt could not run", tests: Mapping[str, int] | None = None
    ):
        super().__init__(sentence)
        self.summary = summary
        self.tests = tests


@dataclass(frozen=True)
class Transformed:
    """What a build of every model gave.

    Attributes:
        manifest: dbt's manifest.
        tests: how many data tests passed, warned, failed, or were skipped.
    """

    manifest: Manifest
    tests: Mapping[str, int]


def transform(
    *, warehouse: Path, target: str, settings: Settings, full_refresh: bool, progress: Progress
) -> Transformed:
    """Build and test every model; return dbt's manifest and what became of the tests.

    dbt's own files (parsed project, compiled SQL, log) stay in the warehouse's work folder, so that builds in
    two warehouses do not meet.

    Raises:
        TransformError: dbt could not run, or a model or an error-level test failed.
    """
    result = _invoke(
        ["build", "--exclude-resource-type", "unit_test", *(["--full-refresh"] if full_refresh else [])],
        warehouse,
        target,
        settings,
        progress,
    )
    tests = _test_counts(result.result)
    if not result.success:
        raise _failures(result.result, tests)
    manifest: Manifest = json.loads((_dbt_folder(warehouse, target) / "manifest.json").read_text())
    return Transformed(manifest, tests)


def run_statements(
    statements: Sequence[str], *, warehouse: Path, target: str, settings: Settings, progress: Progress
) -> None:
    """Run statements on the target's connection, whatever its kind, one after the other.

    Raises:
        TransformError: dbt could not run, or a statement failed.
    """
    arguments = ["run-operation", "run_statements", "--args", json.dumps({"statements": statements})]
    result = _invoke(arguments, warehouse, target, settings, progress)
    if not result.success:
        results: Any = result.result
        told = next((each.message for each in results if each.message), "it does not say why")
        raise TransformError(f"The target {target} did not run a statement: {_one_line(told)}")


def target_type(target: str) -> str:
    """The kind of engine a target of profiles.yml is on: duckdb, spark...

    Raises:
        ValueError: there is no such target.
    """
    outputs = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))["callmart"]["outputs"]
    if target not in outputs:
        raise ValueError(
            f"There is no target {target!r} in profiles.yml: take {' or '.join(sorted(outputs))}."
        )
    return str(outputs[target]["type"])


def _dbt_folder(warehouse: Path, target: str) -> Path:
    """Where dbt's own files of a target are: parsed projects of two adapters do not mix."""
    return warehouse / "work" / ("dbt" if target == "duckdb" else f"dbt-{target}")


def _invoke(
    command: Sequence[str], warehouse: Path, target: str, settings: Settings, progress: Progress
) -> dbtRunnerResult:
    folder = str(_dbt_folder(warehouse, target))
    os.environ["CALLMART_WAREHOUSE"] = str(warehouse)
    # What dbt cannot write into its log, on a full disk, is no failure of its own: what stops the build says why.
    logging.raiseExceptions = False
    arguments = [
        *command,
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", target),
        *("--target-path", folder, "--log-path", folder),
        *("--vars", json.dumps(settings.model_dump())),
        *("--log-level", "none", "--log-level-file", "info", "--no-print"),
    ]
    try:
        result = dbtRunner(callbacks=[_reporter(progress)]).invoke(arguments)
    finally:
        DuckDBConnectionManager.close_all_connections()  # the file is opened again, read-only, to publish from it
    if result.exception is not None:
        raise TransformError(_one_line(str(result.exception))) from result.exception
    return result


def public_tables(manifest: Manifest, work_file: Path) -> list[PublicTable]:
    """The models with public access, each with its key and its columns described; carried-through columns come last."""
    keys = _tested_keys(manifest)
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"].get("access") == "public"
    ]
    tables = []
    with duckdb.connect(work_file, read_only=True) as connection:
        for model in sorted(models, key=lambda node: str(node["name"])):
            described = {name: column["description"] for name, column in model["columns"].items()}
            present = connection.execute(
                "select column_name from information_schema.columns where table_schema = ? and table_name = ?"
                " order by ordinal_position",
                [model["schema"], model["name"]],
            ).fetchall()
            tables.append(
                PublicTable(
                    schema=model["schema"],
                    name=model["name"],
                    description=model["description"].strip(),
                    columns=[
                        (name, described.get(name, "Carried through from the raw files."))
                        for (name,) in present
                    ],
                    order_by=model["config"]["meta"].get("order_by", []),
                    key=keys.get(model["unique_id"], []),
                )
            )
    return tables


def _tested_keys(manifest: Manifest) -> dict[str, list[str]]:
    """The columns of each model that the test `is_key` holds to be its key, by the model's id."""
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    return {
        test["attached_node"]: test["test_metadata"]["kwargs"]["columns"]
        for test in tests
        if (test.get("test_metadata") or {}).get("name") == "is_key"
    }


def _reporter(progress: Progress) -> Any:
    def report(event: EventMsg) -> None:
        if event.info.name == "LogStartLine":
            progress.detail(f"{event.data.index} of {event.data.total}, {event.data.description}")

    return report


def _failures(results: Any, tests: Mapping[str, int]) -> TransformError:
    failed = [result for result in results if str(result.status) in ("error", "fail", "runtime error")]
    if not failed:
        return TransformError(
            "dbt stopped before it ran a model.", "dbt stopped before it ran a model", tests
        )
    first = failed[0]
    others = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    kind = "The test" if first.node.resource_type == "test" else "The model"
    summary = f"{kind} {first.node.name}{others} failed"
    return TransformError(f"{summary}: {_one_line(first.message or '')}", summary, tests)


def _test_counts(results: Any) -> dict[str, int]:
    """How many data tests came to what."""
    names = {"pass": "passed", "warn": "warned", "skipped": "skipped"}
    counts = dict.fromkeys(("passed", "warned", "failed", "skipped"), 0)
    for result in results or ():
        if result.node.resource_type == "test":
            counts[names.get(str(result.status), "failed")] += 1
    return counts


def _one_line(text: str) -> str:
    """What the engine said, in one line and without data: dbt's log in the work folder has all of it."""
    text = _SERVER_NOISE.sub("", text)
    return without_values(" ".join(line.strip() for line in text.strip().splitlines() if line.strip()))[:300]
