"""The examples of the scheduled job: each runs, or is loaded, as far as that can be done here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import yaml

from callmart.lock import build_lock
from callmart.paths import PROJECT
from callmart.runs import read_runs

EXAMPLES = PROJECT / "docs" / "examples"
INSTALLED, DATA = "/srv/callmart", "/var/lib/callmart"


def text(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def here(example: str, data: Path) -> str:
    """The example with this project and a folder of the test's in place of the paths it names."""
    return example.replace(INSTALLED, str(PROJECT)).replace(DATA, str(data))


def assert_is_understood(command: str) -> None:
    """The command is one of the project's, and knows every option it is given."""
    words = [word for word in shlex.split(command) if not word.startswith("$")]
    path = Path(words[0].removeprefix(f"{INSTALLED}/"))
    assert (PROJECT / path).is_file()
    assert os.access(PROJECT / path, os.X_OK)
    module = {"build": "callmart.build", "runs": "callmart.readers.runs"}[path.name]
    told = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = [word for word in words[1:] if word.startswith("--")]
    assert options
    for option in options:
        assert re.search(rf"{option}\b", told), option


def test_the_page_names_every_example() -> None:
    page = (PROJECT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.iterdir() if f"(examples/{path.name})" not in page] == []


# cron


def cron_job(data: Path) -> tuple[dict[str, str], str]:
    """The variables and the command of the table of jobs, as cron reads them."""
    variables, commands = {}, []
    for line in here(text("callmart.cron"), data).splitlines():
        if not line or line.startswith("#"):
            continue
        if setting := re.fullmatch(r"([A-Z_]+)=(.*)", line):
            variables[setting[1]] = setting[2]
            continue
        job = re.fullmatch(r"(?:[\d*,/-]+ ){5}(.+)", line)
        assert job, line
        assert "%" not in job[1]  # cron would take it for the end of a line
        commands.append(job[1])
    [command] = commands
    return variables, command


def run_by_cron(data: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the job with the few variables that cron gives it."""
    (data / "raw" / "queues").mkdir(parents=True, exist_ok=True)
    (data / "raw" / "queues" / "queues.csv").write_text("queue_id\nq1\n")
    variables, command = cron_job(data)
    shell = variables.pop("SHELL")
    given = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(data),
        "LOGNAME": "callmart",
        "CALLMART_PYTHON": sys.executable,
    }
    return subprocess.run([shell, "-c", command], env={**given, **variables}, cwd=data, check=False)


@pytest.mark.usefixtures("own_environment")
def test_the_line_of_cron_runs_the_build_and_keeps_what_it_says(tmp_path: Path) -> None:
    assert run_by_cron(tmp_path).returncode == 1
    said = (tmp_path / "build.log").read_text()
    assert "build: No rows in calls" in said  # so it read the raw folder it was given
    runs, _ = read_runs(tmp_path / "warehouse")
    assert [run["outcome"] for run in runs] == ["failed"]


@pytest.mark.usefixtures("own_environment")
def test_a_job_that_meets_another_run_ends_at_once_and_says_so(tmp_path: Path) -> None:
    with build_lock(tmp_path / "warehouse"):
        assert run_by_cron(tmp_path).returncode == 75
    runs, _ = read_runs(tmp_path / "warehouse")
    assert [(run["outcome"], run["exit_code"]) for run in runs] == [("locked", 75)]
    assert f"(process {os.getpid()}) is running in <warehouse>" in runs[0]["reason"]


# systemd


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for name in ("callmart.service", "callmart.timer"):
        # The user, too, is one that this machine has.
        (tmp_path / name).write_text(here(text(name), tmp_path).replace("User=callmart", "User=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "callmart.service", tmp_path / "callmart.timer"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "callmart" not in done.stderr  # it may find something in units of the machine's own
    broken = (
        (tmp_path / "callmart.service").read_text().replace(f"{PROJECT}/scripts/build", "/no/such/command")
    )
    (tmp_path / "callmart.service").write_text(broken)
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "callmart.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "/no/such/command" in done.stderr


def test_the_unit_runs_a_command_of_the_project() -> None:
    settings = dict(line.split("=", 1) for line in text("callmart.service").splitlines() if "=" in line[1:30])
    assert_is_understood(settings["ExecStart"])
    assert settings["SuccessExitStatus"] == "75"


# GitHub Actions


def test_the_workflow_runs_one_at_a_time_and_names_commands_that_exist() -> None:
    workflow: dict[Any, Any] = yaml.safe_load(text("github_actions.yml"))
    triggers = workflow[True]  # YAML 1.1 reads `on` as a yes
    assert set(triggers) == {"schedule", "workflow_dispatch"}
    assert workflow["concurrency"] == {"group": "callmart", "cancel-in-progress": False}
    job = workflow["jobs"]["build"]
    assert job["env"]["CALLMART_SALT"] == "${{ secrets.CALLMART_SALT }}"
    [command] = [step["run"] for step in job["steps"] if "run" in step]
    assert_is_understood(command.replace('"$RUNNER_TEMP/callmart.json"', "callmart.json"))
    assert "${{" not in command  # an expression in a script could be made to run anything


# Airflow


class Operator:
    """Stands in for Airflow's operator: it keeps what it was given, and what runs after it."""

    made: list[Operator] = []  # noqa: RUF012

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.after: list[Operator] = []
        self.made.append(self)

    def __rshift__(self, other: Operator) -> Operator:
        self.after.append(other)
        return other


class Dag:
    """Stands in for Airflow's DAG."""

    def __init__(self, **given: Any) -> None:
        self.given = given

    def __enter__(self) -> Dag:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_the_dag_compiles_and_its_tasks_run_commands_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins: dict[str, dict[str, Any]] = {
        "airflow": {},
        "airflow.sdk": {"DAG": Dag},
        "airflow.providers": {},
        "airflow.providers.standard": {},
        "airflow.providers.standard.operators": {},
        "airflow.providers.standard.operators.bash": {"BashOperator": Operator},
        "pendulum": {"datetime": lambda *_arguments, **_options: "2024-01-01"},
    }
    for name, members in stand_ins.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(Operator, "made", [])
    found: dict[str, Any] = {}
    exec(compile(text("airflow_dag.py"), "airflow_dag.py", "exec"), found)
    build, tell = Operator.made
    assert found["dag"].given["max_active_runs"] == 1
    assert build.after == [tell]
    assert build.given["skip_on_exit_code"] == 75
    assert build.given["env"]["CALLMART_SALT"].startswith("{{ var.value.")
    for task in (build, tell):
        assert_is_understood(task.given["bash_command"])
