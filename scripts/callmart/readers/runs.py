"""The runs of a warehouse as its log tells them, newest last.

Exit codes: 0 shown; 1 the log cannot be read; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from callmart.paths import warehouse_folder
from callmart.readers.answers import stdout, write_table
from callmart.runs import LOG, read_runs

_COLUMNS = (
    "started (UTC)",
    "took",
    "outcome",
    "code",
    "built",
    "why",
    "files",
    "rows",
    "rejected",
    "tests",
    "release",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/runs`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/runs", description="Shows the runs of scripts/build, newest last."
    )
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many (%(default)s; 0: all)")
    parser.add_argument("--failed", action="store_true", help="only those that did not end with code 0")
    parser.add_argument("--json", action="store_true", help="all that the log says, one line each")
    options = parser.parse_args(arguments)
    if options.last < 0:
        parser.error("--last takes a whole number of at least 0")
    warehouse = warehouse_folder()
    try:
        runs, unreadable = read_runs(warehouse)
    except OSError as error:
        print(f"runs: {warehouse / LOG} cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    if unreadable:
        print(f"runs: {unreadable} lines of {warehouse / LOG} are no JSON.", file=sys.stderr)
    chosen = [run for run in runs if not options.failed or run.get("exit_code") != 0]
    chosen = chosen[-options.last :] if options.last else chosen
    out = stdout()
    if options.json:
        out.writelines(json.dumps(run) + "\n" for run in chosen)
    else:
        write_table(_COLUMNS, (_row(run) for run in chosen), out)
    return 0


def _row(run: Mapping[str, Any]) -> list[object]:
    files, rows, tests = (_part(run, name) for name in ("files", "rows", "tests"))
    return [
        _minute(run.get("started_at")),
        run.get("seconds"),
        run.get("outcome"),
        run.get("exit_code"),
        run.get("built"),
        run.get("reason") or run.get("why"),
        sum(files.get(cause, 0) for cause in ("new", "replaced", "judged again")) if files else None,
        rows.get("read"),
        rows.get("rejected"),
        f"{tests.get('passed')} / {tests.get('warned')} / {tests.get('failed')}" if tests else None,
        run.get("release"),
    ]


def _part(run: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = run.get(name)
    return part if isinstance(part, dict) else {}


def _minute(instant: object) -> str | None:
    try:
        return f"{datetime.fromisoformat(str(instant)):%Y-%m-%d %H:%M}"
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main())
