"""Apache Superset on this machine, on the published file, for this machine alone.

Everything of it is in one folder:

    secret_key    signs sessions; made once
    superset.db   its own database: users, charts, dashboards
    logs/ run/    what it says, and how `stop` finds it

Exit codes: 0 done; 1 it failed, or, of `status`, it does not run; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from callmart.background import (
    BackgroundError,
    end,
    last_error,
    launch,
    one_at_a_time,
    port_answers,
    process_of,
)
from callmart.paths import PROJECT, warehouse_folder
from callmart.releases import ReleaseError
from callmart.sinks.source import open_current
from callmart.superset.assets import DASHBOARD_SLUG, assets

HOST = "127.0.0.1"
DEFAULT_PORT = 8088
STARTUP_SECONDS = 600
_CLI = "from superset.cli.main import superset; superset()"


class SupersetError(BackgroundError):
    """Superset cannot do what was asked; the sentence says why, or what to do."""


@dataclass(frozen=True)
class Service:
    """Where Superset lives, which warehouse it shows, and its port on 127.0.0.1."""

    folder: Path
    warehouse: Path
    port: int = DEFAULT_PORT

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the running service says."""
        return self.folder / "logs" / "superset.log"

    @property
    def process_file(self) -> Path:
        """By which `stop` finds it."""
        return self.folder / "run" / "superset.pid"


def setup(service: Service) -> str | None:
    """Make Superset's database, an administrator, and what it starts with; return the password of a new one.

    May be run again: after a new version, or when tables or columns are new. Charts and datasets of ours are then as
    they come, those of users stay.

    Raises:
        ReleaseError: nothing is published.
        BackgroundError: a step failed.
    """
    service.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    service.folder.chmod(0o700)
    with open_current(service.warehouse) as release, _locked(service):
        files = assets(release, service.warehouse)
        for name in ("logs", "run"):
            (service.folder / name).mkdir(exist_ok=True)
        _ensure_secret_key(service.folder / "secret_key")
        _run(service, ["-c", _CLI, "db", "upgrade"])
        _run(service, ["-c", _CLI, "init"])
        password = secrets.token_urlsafe(16)
        told = _run(
            service,
            ["-m", "callmart.superset.fill"],
            json.dumps({"files": files, "password": password}),
        )
        (service.folder / "superset.db").chmod(0o600)
    return password if told.split()[-1:] == ["made"] else None


def start(service: Service) -> None:
    """Start Superset and wait until it answers; what was started is ended again when that fails.

    Raises:
        BackgroundError: it is not set up, it runs already, its port is taken, or it does not start.
    """
    if not (service.folder / "superset.db").exists():
        raise SupersetError("Superset is not set up: run scripts/superset setup first.")
    with _locked(service):
        if process_of(service.process_file) is not None:
            raise SupersetError(f"Superset runs in {service.folder} already: `stop` it first.")
        if port_answers(HOST, service.port):
            raise SupersetError(f"Port {service.port} of {HOST} is taken: give another with --port.")
        # One process: what DuckDB keeps in memory is kept once, and its limit holds for all.
        command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{service.port}", "--workers", "1"]
        command += ["--worker-class", "gthread", "--threads", "8", "--timeout", "600"]
        command += ["superset.app:create_app()"]
        launch(command, service.process_file, service.log, service.folder, _environment(service))
        try:
            _wait(service)
        except BaseException:
            _end(service)
            raise


def stop(service: Service) -> bool:
    """End Superset; return whether it ran."""
    with _locked(service):
        return _end(service)


def _wait(service: Service) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while not _is_healthy(service):
        if process_of(service.process_file) is None:
            raise SupersetError(f"Superset ended: {last_error(service.log, ('Error', 'ERROR'))}")
        if time.monotonic() > deadline:
            raise SupersetError(f"Superset was not ready after {STARTUP_SECONDS} s: see {service.log}.")
        time.sleep(0.3)


def _is_healthy(service: Service) -> bool:
    try:
        with urllib.request.urlopen(f"{service.url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _end(service: Service) -> bool:
    process = process_of(service.process_file)
    if process is not None:
        end(process)
    service.process_file.unlink(missing_ok=True)
    return process is not None


def _run(service: Service, arguments: Sequence[str], given: str = "") -> str:
    """Run Python with arguments in Superset's environment; return what it wrote."""
    log = service.folder / "logs" / "setup.log"
    with log.open("ab") as errors:
        done = subprocess.run(
            [sys.executable, *arguments],
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(service),
            cwd=service.folder,
            check=False,
        )
    if done.returncode:
        raise SupersetError(f"Superset could not be set up: {last_error(log, ('Error', 'ERROR'))}")
    return done.stdout.decode(errors="replace")


def _ensure_secret_key(path: Path) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")


def _environment(service: Service) -> Mapping[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SUPERSET")},
        "PYTHONPATH": str(PROJECT / "scripts"),
        "CALLMART_SUPERSET": str(service.folder),
        "SUPERSET_CONFIG_PATH": str(Path(__file__).with_name("superset_config.py")),
        "FLASK_APP": "superset.app:create_app()",
    }


def _locked(service: Service) -> AbstractContextManager[None]:
    return one_at_a_time(
        service.folder / "run", f"Another command sets up, starts or stops Superset in {service.folder}."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/superset`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/superset", description="Apache Superset on the published file, for this machine alone."
    )
    parser.add_argument("action", choices=("setup", "start", "stop", "status"))
    parser.add_argument("--folder", type=Path, help="where it lives (default $CALLMART_WAREHOUSE/superset)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default %(default)s")
    given = parser.parse_args(arguments)
    warehouse = warehouse_folder()
    service = Service((given.folder or warehouse / "superset").absolute(), warehouse, given.port)
    try:
        return _act(service, given.action)
    except (BackgroundError, ReleaseError, OSError) as error:
        print(f"superset: {error}", file=sys.stderr)
        return 1


def _act(service: Service, action: str) -> int:
    if action == "setup":
        password = setup(service)
        print(f"Superset is set up in {service.folder}.")
        if password:
            print(f"User: admin   Password, shown only now: {password}")
    elif action == "start":
        start(service)
        print(
            f"Superset answers on {service.url}; the dashboard: {service.url}/superset/dashboard/{DASHBOARD_SLUG}/"
        )
    elif action == "stop":
        print("Stopped." if stop(service) else "Superset was not running.")
    else:
        process = process_of(service.process_file)
        print(f"process {process}" if process else "not running")
        return 0 if process else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
