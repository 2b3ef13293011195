"""A few models, compiled by dbt, for tests that run them on tables of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from callmart.paths import PROJECT


def compile_models(
    folder: Path, names: Sequence[str], variables: Mapping[str, object] | None = None
) -> list[tuple[str, str]]:
    """The relation of each model and its SQL, in the order of the names; dbt works in the folder."""
    (folder / "work").mkdir()
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-c",
                "from dbt.cli.main import cli; cli(prog_name='dbt')",
                "compile",
                "--quiet",
            ),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--no-partial-parse"),
            *("--target-path", str(folder), "--log-path", str(folder), "--select", *names),
            *("--vars", json.dumps(variables or {})),
        ],
        env={**os.environ, "CALLMART_WAREHOUSE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    nodes = json.loads((folder / "manifest.json").read_text())["nodes"]
    compiled = {node["name"]: node for node in nodes.values() if node["name"] in names}
    return [(compiled[name]["relation_name"], compiled[name]["compiled_code"]) for name in names]
