"""Ask the published file for metrics: MetricFlow's own commands, without any knowledge of dbt.

Runs in the environment of the semantic layer. What dbt parses is kept in `semantic/target` and parsed anew when a
definition has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import duckdb
import yaml
from dbt.cli.main import dbtRunner

from callmart.paths import PROJECT, warehouse_folder
from callmart.releases import ReleaseError
from callmart.semantic.views import NothingPublishedError, published_file

SEMANTIC = PROJECT / "semantic"
# Settings of dbt for other projects: MetricFlow looks for what dbt parsed in the project's own folder.
_FOREIGN_SETTINGS = (
    "DBT_TARGET_PATH",
    "DBT_LOG_PATH",
    "DBT_PROFILES_DIR",
    "DBT_PROJECT_DIR",
    "DBT_TARGET",
    "DBT_PROFILE",
)


class MetricsError(RuntimeError):
    """The metrics cannot be asked for; the sentence says what to do."""


def prepare(project: Path = SEMANTIC) -> None:
    """Let dbt parse the definitions, unless it has since they last changed.

    Raises:
        MetricsError: dbt refuses them, or its folder cannot be written.
    """
    target = project / "target"
    done = target / "definitions.sha256"
    digest = _digest(project)
    try:
        target.mkdir(exist_ok=True)
        with _lock(target / ".lock"):
            if done.is_file() and done.read_text() == digest:
                return
            done.unlink(missing_ok=True)
            folders = ["--project-dir", project, "--profiles-dir", project, "--target-path", target]
            options = [*folders, "--log-path", project / "logs", "--no-partial-parse", "--quiet"]
            result = dbtRunner().invoke(["parse", *(str(option) for option in options)])
            if not result.success:
                raise MetricsError(f"dbt cannot parse {project}: {result.exception}")
            done.write_text(digest)
    except OSError as error:
        raise MetricsError(f"{target} cannot be written ({error}): let this user write there.") from None


def _digest(project: Path) -> str:
    """What the result of parsing depends on."""
    known = hashlib.sha256()
    for path in sorted(
        [*project.glob("*.yml"), *(project / "models").rglob("*.*"), PROJECT / "requirements-semantic.lock"]
    ):
        known.update(path.name.encode())
        known.update(hashlib.sha256(path.read_bytes()).digest())
    return known.hexdigest()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold off another first question of the same moment; the kernel lets go when the process ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def unavailable(published: Path, metrics: Sequence[str]) -> Iterator[str]:
    """A sentence for each metric whose KPI this release does not give, because raw tables are missing."""
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(
            "select kpi_id, missing_tables from marts.data_availability where not is_available order by kpi_id"
        ).fetchall()
    for kpi_id, missing in rows:
        for metric in metrics:
            if metric == kpi_id or metric.startswith(f"{kpi_id}_"):
                yield f"{metric} says nothing in this release: {kpi_id} needs raw tables that are missing ({missing})."


@click.command()
def questions() -> None:
    """List the saved queries, and what each answers."""
    content = yaml.safe_load((SEMANTIC / "models" / "saved_queries.yml").read_text(encoding="utf-8"))
    for query in content["saved_queries"]:
        click.echo(f"{query['name']}: {query['description']}")


def _commands() -> click.Group:
    """MetricFlow's commands. Not its own group of them: that asks the package registry for a newer version."""
    theirs: Any = importlib.import_module("dbt_metricflow.cli.main")
    group = click.Group("metrics", help="Ask the published file for metrics.")
    group.add_command(theirs.query, "query")
    group.add_command(theirs.list_command_group, "list")
    group.add_command(theirs.validate_configs, "validate")
    group.add_command(questions, "questions")
    return group


def _configuration() -> Any:
    configuration: Any = importlib.import_module("dbt_metricflow.cli.cli_configuration").CLIConfiguration()
    configuration.setup(dbt_profiles_path=SEMANTIC, dbt_project_path=SEMANTIC)
    return configuration


def _metrics_of(arguments: Sequence[str]) -> list[str]:
    """The metrics that the arguments of a query name."""
    for position, argument in enumerate(arguments):
        if argument == "--metrics" and position + 1 < len(arguments):
            return arguments[position + 1].split(",")
        if argument.startswith("--metrics="):
            return argument.removeprefix("--metrics=").split(",")
    return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `scripts/metrics query | list | questions | validate`; return the exit code."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    commands = _commands()
    for name in _FOREIGN_SETTINGS:
        os.environ.pop(name, None)
    try:
        configuration = None
        if asked and asked[0] in ("query", "list", "validate") and "--help" not in asked:
            published = published_file(warehouse_folder())
            for sentence in unavailable(published, _metrics_of(asked)):
                print(f"metrics: {sentence}", file=sys.stderr)
            prepare()
            configuration = _configuration()
            if asked[0] == "query" and not sys.stdout.isatty():
                asked.append("--quiet")  # the spinner is for people
        commands.main(asked, prog_name="scripts/metrics", obj=configuration, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except click.exceptions.Exit as end:
        return end.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except (MetricsError, NothingPublishedError, ReleaseError, duckdb.Error) as error:
        print(f"metrics: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
