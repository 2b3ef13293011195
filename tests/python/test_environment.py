"""How the scripts find Python and make the environment, with a Python that only writes down its requests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from callmart.paths import PROJECT

RECORDER = """#!/bin/sh
printf '%s\\n' "$*" >> "$RECORD"
case "$*" in
    -c*) exit "${TOO_OLD:-0}" ;;
    '-m venv'*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
    '-m pip'*) echo "$PIP_SAYS"; sleep "${PIP_SECONDS:-0}"; exit "${PIP_FAILS:-0}" ;;
esac
"""


@dataclass
class Copy:
    """The project's scripts in a folder of their own.

    Attributes:
        root: that folder.
        record: what Python was asked, a line each.
        variables: the environment of the scripts.
    """

    root: Path
    record: Path
    variables: dict[str, str] = field(default_factory=dict)

    def start(
        self, script: str, *arguments: str, path: Path | None = None, **variables: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [path or self.root / "scripts" / script, *arguments],
            cwd="/",
            env={**self.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, script: str, *arguments: str, path: Path | None = None, **variables: str
    ) -> tuple[int, str]:
        """Run a script to its end; return its exit code and what it wrote to standard error."""
        process = self.start(script, *arguments, path=path, **variables)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors

    def asked(self, of: str) -> list[str]:
        """The requests to Python that start so."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line for line in lines if line.startswith(of)]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    root = tmp_path / "a project with spaces"
    shutil.copytree(PROJECT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for use in ("", "-dev", "-spark", "-semantic", "-superset"):
        name = f"requirements{use}.lock"
        (root / name).write_text(f"# {name}\n")
    recorder = tmp_path / "recorder"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    record = tmp_path / "record"
    # What `scripts/test` would else fetch from Debian.
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("chromium", "postgres"):
        (tools / tool).symlink_to(recorder)
    variables = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CALLMART_PYTHON": str(recorder),
        "RECORD": str(record),
    }
    return Copy(root, record, variables)


@pytest.mark.parametrize(
    ("script", "module"),
    [
        ("build", "callmart.build"),
        ("sample", "callmart.sample"),
        ("rollback", "callmart.publish rollback"),
        ("publish", "callmart.sinks.postgres"),
        ("export", "callmart.sinks.parquet"),
    ],
)
def test_a_script_makes_the_environment_and_hands_its_arguments_on(
    copy: Copy, script: str, module: str
) -> None:
    code, errors = copy.run(script, "--vars", "{as_of: 2024-06-30}")
    assert code == 0
    assert errors == "Installing the environment from requirements.lock (about a minute)...\n"
    options = "--disable-pip-version-check --no-input --require-hashes"
    assert copy.asked("-m pip") == [f"-m pip install {options} -r {copy.root}/requirements.lock"]
    assert copy.asked("-m callmart") == [f"-m {module} --vars {{as_of: 2024-06-30}}"]


def test_metrics_are_asked_for_in_an_environment_of_their_own(copy: Copy) -> None:
    copy.run("build")
    assert copy.run("metrics", "query", "--metrics", "service_level")[0] == 0
    assert copy.asked("-m venv --clear")[1:] == [f"-m venv --clear -- {copy.root}/.venv-semantic"]
    assert copy.asked("-m callmart.metrics") == ["-m callmart.metrics query --metrics service_level"]


def test_a_second_run_installs_nothing_and_says_nothing(copy: Copy) -> None:
    copy.run("build")
    code, errors = copy.run("build")
    assert (code, errors) == (0, "")
    assert len(copy.asked("-m pip")) == 1
    assert len(copy.asked("-m callmart.build")) == 2


def test_a_script_may_be_called_through_a_link(copy: Copy, tmp_path: Path) -> None:
    link = tmp_path / "callmart-build"
    link.symlink_to(copy.root / "scripts" / "build")
    assert copy.run("build", path=link)[0] == 0
    assert copy.asked("-m callmart.build") == ["-m callmart.build"]


def test_a_new_lock_makes_the_environment_anew(copy: Copy) -> None:
    copy.run("build")
    (copy.root / "requirements.lock").write_text("# another\n")
    copy.run("build")
    assert len(copy.asked("-m venv --clear")) == 2


def test_a_run_that_is_killed_while_installing_is_made_good_by_the_next(copy: Copy) -> None:
    process = copy.start("build", PIP_SECONDS="30")
    while not copy.asked("-m pip"):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert copy.run("build")[0] == 0
    assert len(copy.asked("-m venv --clear")) == 2
    assert len(copy.asked("-m callmart.build")) == 1


def test_the_environment_of_another_project_is_not_emptied_through_a_link(copy: Copy, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    (copy.root / ".venv").symlink_to(other)
    code, errors = copy.run("build")
    assert code == 1
    assert errors == (
        f"build: {copy.root}/.venv is a link to another environment: remove the link, then run this again.\n"
    )
    assert (other / "kept").exists()


def test_of_two_runs_that_start_at_once_one_installs_and_the_other_waits(copy: Copy) -> None:
    both = [copy.start("build", PIP_SECONDS="0.5") for _ in range(2)]
    assert sorted(process.communicate(timeout=60)[1].count("Installing") for process in both) == [0, 1]
    assert [process.returncode for process in both] == [0, 0]
    assert len(copy.asked("-m pip")) == 1
    assert len(copy.asked("-m callmart.build")) == 2


def test_without_python_the_sentence_says_what_to_install(copy: Copy, tmp_path: Path) -> None:
    tools = tmp_path / "few tools"
    tools.mkdir()
    for tool in ("bash", "basename", "cmp", "dirname", "env", "flock", "readlink", "rm"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    code, errors = copy.run("build", PATH=str(tools), CALLMART_PYTHON="")
    assert code == 1
    assert errors == (
        "build: Python 3.11 or newer is needed and was not found: "
        "install it, or set CALLMART_PYTHON to its path.\n"
    )


def test_a_named_python_that_is_too_old_is_refused(copy: Copy) -> None:
    code, errors = copy.run("build", TOO_OLD="1")
    assert code == 1
    assert errors == (
        f"build: CALLMART_PYTHON is '{copy.variables['CALLMART_PYTHON']}', "
        "which does not start as Python 3.11 or newer.\n"
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "NewConnectionError: Connection refused",
            "the package registry cannot be reached: check the network",
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
            "could not be installed: THESE PACKAGES DO NOT MATCH",
        ),
    ],
)
def test_a_failed_installation_is_told_in_a_sentence_and_tried_again(
    copy: Copy, said: str, sentence: str
) -> None:
    code, errors = copy.run("build", PIP_FAILS="1", PIP_SAYS=said)
    assert code == 1
    assert sentence in errors.splitlines()[-1]
    assert copy.asked("-m callmart") == []
    assert copy.run("build")[0] == 0


def test_the_checks_add_their_packages_and_a_build_then_needs_none(copy: Copy) -> None:
    copy.run("build")
    copy.run("test")
    copy.run("build")
    assert [line.rsplit("/", 1)[1] for line in copy.asked("-m pip")] == [
        "requirements.lock",
        "requirements-spark.lock",
        "requirements-semantic.lock",
        "requirements-dev.lock",
    ]
    assert len(copy.asked("-m venv")) == 3


def test_superset_has_an_environment_of_its_own(copy: Copy) -> None:
    copy.run("build")
    code, _ = copy.run("superset", "start")
    assert code == 0
    assert (copy.root / ".venv-superset" / "requirements-superset.lock").exists()
    assert [line.rsplit("/", 1)[1] for line in copy.asked("-m pip")] == [
        "requirements.lock",
        "requirements-superset.lock",
    ]
    assert copy.asked("-m callmart.superset") == ["-m callmart.superset.service start"]


def test_an_unknown_option_of_the_checks_is_refused(copy: Copy) -> None:
    assert copy.run("test", "--fast") == (1, "test: usage: scripts/test [--full]\n")


@pytest.mark.parametrize(
    ("asked", "gate"),
    [("-m mypy", "mypy"), ("-m sqlfluff", "sqlfluff"), ("-m pytest -q tests/engines", "Spark")],
)
def test_a_gate_that_fails_is_named_and_the_others_still_run(copy: Copy, asked: str, gate: str) -> None:
    copy.run("test", "--full")
    gates = len(copy.asked("-"))
    refusing = RECORDER.replace("-c*)", f"'{asked}'*) echo why; exit 1 ;;\n    -c*)")
    (copy.root / ".venv" / "bin" / "python").write_text(refusing)
    copy.record.unlink()
    process = copy.start("test", "--full")
    lines = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 1
    assert "FAILED" in next(line for line in lines if line.startswith(f"{gate:28}"))
    assert "    why" in lines
    assert lines[-1].startswith("1 failed after ")
    assert lines[-1].endswith(f": {gate};")
    assert len(copy.asked("-")) == gates - 4 * len(["version", "venv", "pip"])


def test_when_every_gate_passes_the_last_line_says_so(copy: Copy) -> None:
    process = copy.start("test")
    assert process.communicate(timeout=60)[0].splitlines()[-1].startswith("All gates passed in ")
    assert process.returncode == 0
    assert sorted(copy.asked("-m pytest")) == [
        "-m pytest -q -rs tests/connectors tests/reliability -m not slow",
        "-m pytest -q -rs tests/python tests/oracle -m not slow",
        "-m pytest -q -rs tests/semantic -m not slow",
        "-m pytest -q tests/engines -m not slow",
    ]
