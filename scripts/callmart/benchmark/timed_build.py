"""The build, in a process that also writes down what its parts took.

`python -m callmart.benchmark.timed_build OUT.json [options of scripts/build]`. It runs the same code; dbt's events
tell how long the statements of models and of tests took, and which nodes took most.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg

import callmart.build
import callmart.transform
from callmart.progress import Progress


class Tally:
    """Seconds by step of the build, and of SQL by kind of node and by node."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = defaultdict(float)
        self.sql: dict[str, float] = defaultdict(float)
        self.nodes: dict[str, float] = defaultdict(float)

    def on_event(self, event: EventMsg) -> None:
        """Add a finished statement to its node."""
        if event.info.name == "SQLQueryStatus":
            node = event.data.node_info
            self.sql["tests" if node.resource_type == "test" else "models"] += event.data.elapsed
            self.nodes[node.node_name] += event.data.elapsed


def timed_build(arguments: Sequence[str]) -> tuple[int, Tally]:
    """Run the build with these options; return its exit code and what its parts took."""
    tally = Tally()

    class Runner(dbtRunner):
        def __init__(self, callbacks: list[Any] | None = None, **others: Any) -> None:
            super().__init__(callbacks=[*(callbacks or []), tally.on_event], **others)

    class TimedProgress(Progress):
        def _finish(self) -> None:
            if self._step:
                tally.steps[self._step] += time.monotonic() - self._since
            super()._finish()

    callmart.transform.dbtRunner = Runner  # type: ignore[attr-defined,assignment]
    callmart.build.Progress = TimedProgress  # type: ignore[attr-defined]
    started = time.monotonic()
    code = callmart.build.main(arguments)
    tally.steps["all"] = time.monotonic() - started
    return code, tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the build, write OUT.json, return the build's exit code."""
    out, *options = list(sys.argv[1:] if arguments is None else arguments)
    code, tally = timed_build(options)
    slowest = sorted(tally.nodes.items(), key=lambda node: -node[1])[:25]
    Path(out).write_text(json.dumps({"steps": tally.steps, "sql": tally.sql, "slowest": dict(slowest)}))
    return code


if __name__ == "__main__":
    sys.exit(main())
