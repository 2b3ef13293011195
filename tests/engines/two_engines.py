"""A Spark cluster for tests, and builds of the same raw files on both engines."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callmart.paths import PROJECT

PYTHON = PROJECT / ".venv-spark" / "bin" / "python"

# Small data: neither compiled queries nor plans that are revised under way pay.
SMALL_DATA = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
}


@dataclass(frozen=True)
class Spark:
    """A cluster in a folder of its own, on ports of its own."""

    folder: Path
    port: int
    master_port: int
    web_port: int

    def command(
        self, action: str, settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `start`, `stop` or `status`."""
        arguments = ["--folder", str(self.folder), "--port", str(self.port)]
        arguments += ["--master-port", str(self.master_port), "--web-port", str(self.web_port)]
        for name, value in (settings or {}).items():
            arguments += ["--conf", f"{name}={value}"]
        return run([str(PYTHON), "-m", "callmart.cluster", action, *arguments], {})

    @property
    def processes(self) -> dict[str, int]:
        """The ids in the files of the processes."""
        files = (self.folder / "run").glob("*.pid")
        return {path.stem: int(path.read_text().split()[0]) for path in files}


def run(command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLMART_")}
    return subprocess.run(
        command,
        env={**inherited, "PYTHONPATH": str(PROJECT / "scripts"), "DO_NOT_TRACK": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Engines:
    """Builds the same raw files on both engines."""

    spark: Spark

    def variables(self, raw: Path, warehouse: Path) -> dict[str, str]:
        return {
            "CALLMART_RAW": str(raw),
            "CALLMART_WAREHOUSE": str(warehouse),
            "CALLMART_SALT": "of the tests",
            "CALLMART_SPARK_PORT": str(self.spark.port),
        }

    def build(self, target: str, raw: Path, warehouse: Path, settings: str = "{}", **variables: str) -> Path:
        """Build on the target; return the file of the release."""
        self.told(target, raw, warehouse, settings, **variables)
        return warehouse / "current" / "callmart.duckdb"

    def told(self, target: str, raw: Path, warehouse: Path, settings: str = "{}", **variables: str) -> str:
        """Build on the target; return what the build said of its steps."""
        done = run(
            [str(PYTHON), "-m", "callmart.build", "--target", target, "--vars", settings],
            self.variables(raw, warehouse) | variables,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
