"""What the tests of the whole command share: the command itself, and one built sample."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from compiled_project import Compiled, compile_project

from callmart.paths import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Build = Callable[..., subprocess.CompletedProcess[str]]

# Names a folder with `raw` and `warehouse` of an already built sample, to save building it once more.
BUILT_SAMPLE = "CALLMART_BUILT_SAMPLE"


def run_build(
    raw: Path, warehouse: Path, *arguments: str, env: Mapping[str, str] | None = None, project: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callmart.build", *arguments],
        env=environment(raw, warehouse, project) | dict(env or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def environment(raw: Path, warehouse: Path, project: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLMART_")}
    return {
        **inherited,
        "CALLMART_RAW": str(raw),
        "CALLMART_WAREHOUSE": str(warehouse),
        "PYTHONPATH": str(project / "scripts"),
        "DO_NOT_TRACK": "1",
    }


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the project with whole cases: raw data and the values they must give."""
    folder = PROJECT.parent / "shared"
    if not (folder / "golden").is_dir():
        pytest.skip("the folder `shared` with the whole cases is not beside the project")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("the Debian package chromium is not installed: apt-get install chromium")
    # Only the environment of the Python tests has it.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def own_environment() -> None:
    """Skip a test that runs the scripts themselves, unless the project's environment is its own and up to date.

    They would make it anew otherwise, under the feet of whoever works in it.
    """
    venv, lock = PROJECT / ".venv", "requirements.lock"
    is_own = venv.is_dir() and not venv.is_symlink()
    if (
        not is_own
        or not (venv / lock).is_file()
        or (venv / lock).read_bytes() != (PROJECT / lock).read_bytes()
    ):
        pytest.skip("the environment in .venv is not made from requirements.lock")


@pytest.fixture(scope="session")
def build() -> Build:
    """The command, as a user runs it: `build(raw, warehouse, *arguments, env=..., project=...)`."""
    return run_build


@pytest.fixture(scope="session")
def build_environment() -> Callable[[Path, Path, Path], dict[str, str]]:
    """The environment in which the command runs, for tests that start it without waiting for its end."""
    return environment


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `raw`, the default sample, and `warehouse`, what the command made of it: read only."""
    if os.environ.get(BUILT_SAMPLE):
        return Path(os.environ[BUILT_SAMPLE])
    folder = tmp_path_factory.mktemp("sample")
    done = run_build(folder / "raw", folder / "warehouse")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[Compiled]:
    """The project's SQL, compiled once for each variant of the settings."""
    return compile_project(tmp_path_factory.mktemp("compiled"))
